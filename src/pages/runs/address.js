/** @import { Settings } from '../types.d.ts' */
import { basePath } from '../api.js'

/** The most runs that can be distinguished in one picture. */
export const mostRuns = 8

/** What can be chosen, the default first. */
const choices = /** @type {const} */ ({
  show: ['loss', 'accuracy'],
  by: ['batch', 'time', 'window'],
  scale: ['linear', 'log'],
  lines: ['groups', 'both', 'all'],
})
const names = /** @type {(keyof typeof choices)[]} */ (Object.keys(choices))

/** What the address says is to be shown. @returns {Settings} */
export function settingsOfAddress() {
  const query = new URLSearchParams(location.search)
  const chosen = names.map((name) => {
    const options = /** @type {readonly string[]} */ (choices[name])
    return [name, options.find((option) => option === query.get(name)) ?? options[0]]
  })
  const smooth = Number(query.get('smooth'))
  const runs = [runOfPath(), ...(query.get('runs') ?? '').split(',')].filter((name) => /^[\w.~-]{1,128}$/.test(name))
  return {
    .../** @type {Omit<Settings, 'runs' | 'prefix' | 'smooth' | 'metadata' | 'sort'>} */ (Object.fromEntries(chosen)),
    runs: [...new Set(runs)].slice(0, mostRuns),
    smooth: smooth > 0 && smooth < 1 ? smooth : 0,
    prefix: query.get('prefix') ?? '',
    metadata: query.get('metadata') ?? '',
    sort: query.get('sort') ?? '',
  }
}

/** The run that /runs/NAME names, or ''. */
function runOfPath() {
  const [page, name = ''] = location.pathname.slice(basePath.length + 1).split('/')
  return page === 'runs' ? name : ''
}

/**
 * Makes the address say it.
 *
 * @param {Settings} settings
 * @param {boolean} isStep whether the way back leads to what was shown before
 */
export function keepInAddress(settings, isStep = false) {
  const address = new URL(location.href)
  const { searchParams: query } = address
  // one run has an address to share
  address.pathname = settings.runs.length === 1 ? `${basePath}/runs/${settings.runs[0]}` : `${basePath}/runs`
  const values = { ...settings, runs: settings.runs.length === 1 ? '' : settings.runs.join(',') }
  for (const [name, value] of Object.entries(values)) {
    const [standard] = choices[/** @type {keyof typeof choices} */ (name)] ?? []
    if (value === (standard ?? '') || value === 0) query.delete(name)
    else query.set(name, String(value))
  }
  // a comma may stand as it is, and is easier to read
  address.search = query.toString().replaceAll('%2C', ',')
  if (isStep && address.href !== location.href) history.pushState(null, '', address)
  else history.replaceState(null, '', address)
}
