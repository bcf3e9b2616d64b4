/** @import { Settings } from '../types.d.ts' */
import { basePath } from '../api.js'

/** The most runs that can be distinguished in one picture. */
export const mostRuns = 8

/** What can be chosen, the default first. */
const choices = /** @type {const} */ ({
  show: ['loss', 'accuracy'],
  by: ['batch', 'time'],
  scale: ['linear', 'log'],
  lines: ['both', 'groups', 'all'],
})
const names = /** @type {(keyof typeof choices)[]} */ (Object.keys(choices))

/** What the address says is to be shown. @returns {Settings} */
export function settingsOfAddress() {
  const query = new URLSearchParams(location.search)
  const chosen = names.map((name) => {
    const options = /** @type {readonly string[]} */ (choices[name])
    return [name, options.find((option) => option === query.get(name)) ?? options[0]]
  })
  const runs = [runOfPath(), ...(query.get('runs') ?? '').split(',')].filter((name) => /^[\w.~-]{1,128}$/.test(name))
  return {
    .../** @type {Omit<Settings, 'runs' | 'prefix'>} */ (Object.fromEntries(chosen)),
    runs: [...new Set(runs)].slice(0, mostRuns),
    prefix: query.get('prefix') ?? '',
  }
}

/** The run that /runs/NAME names, or ''. */
function runOfPath() {
  const [page, name = ''] = location.pathname.slice(basePath.length + 1).split('/')
  return page === 'runs' ? name : ''
}

/** Makes the address say it. @param {Settings} settings */
export function keepInAddress(settings) {
  const address = new URL(location.href)
  const { searchParams: query } = address
  // one run has an address to share
  address.pathname = settings.runs.length === 1 ? `${basePath}/runs/${settings.runs[0]}` : `${basePath}/runs`
  const values = { ...settings, runs: settings.runs.length === 1 ? '' : settings.runs.join(',') }
  for (const name of /** @type {(keyof Settings)[]} */ (Object.keys(values))) {
    const isDefault = name === 'runs' || name === 'prefix' ? values[name] === '' : values[name] === choices[name][0]
    if (isDefault) query.delete(name)
    else query.set(name, values[name])
  }
  // a comma may stand as it is, and is easier to read
  address.search = query.toString().replaceAll('%2C', ',')
  history.replaceState(null, '', address)
}
