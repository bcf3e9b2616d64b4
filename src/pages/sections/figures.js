/** @import { RunReport } from '../types.d.ts' */

import { newest } from '../api.js'
import { showResult } from '../batch/result.js'
import { el, find, scrolls, table } from '../dom.js'
import { csvOf, saves } from '../downloads.js'
import { chosen, runsChanged } from '../runs/chosen.js'
import { count } from '../runs/list.js'
import { showMultiples } from '../runs/multiples.js'
import { offerRuns } from '../runs/offer.js'
import { strings } from '../strings.js'

const words = strings.figures

/** What the batches of one run add up to, and in which options the runs differ. @param {HTMLElement} section */
export function mount(section) {
  const select = find(section, '[name=run]', HTMLSelectElement)
  const place = find(section, '.figures-place', HTMLElement)
  const result = find(section, '.figures-result', HTMLElement)
  let shown = ''
  let options = ''

  const show = newest(async () => {
    offerRuns(select, 0)
    const run = chosen.get(select.value)
    find(section, '.figures-none', HTMLElement).hidden = chosen.size > 0
    find(section, '.figures-form', HTMLElement).hidden = chosen.size === 0
    place.hidden = run?.report === undefined
    const reports = [...chosen.values()].flatMap(({ report }) => report ?? [])
    const next = JSON.stringify(reports.map(({ evaluation, spec, metadata }) => [evaluation, spec, metadata]))
    if (next !== options) find(section, '.figures-options', HTMLElement).replaceChildren(...optionParts(reports))
    options = next
    if (run?.report === undefined) return
    const { evaluation, createdAt, updatedAt } = run.report
    const version = [evaluation, createdAt, updatedAt, run.report.batches].join()
    if (version === shown) return
    shown = version
    find(section, '.figures-state', HTMLElement).replaceChildren(...stateParts(run.report))
    const open = [...result.querySelectorAll('details[open] > summary')].map(({ textContent }) => textContent)
    await showResult(result, run.report, undefined)
    await showMultiples(find(section, '.figures-multiples', HTMLElement), run)
    for (const summary of result.querySelectorAll('details > summary')) {
      if (open.includes(summary.textContent)) summary.parentElement?.setAttribute('open', '')
    }
  })
  select.addEventListener('change', () => show(0))
  document.addEventListener(runsChanged, () => show(0))
  return show(0)
}

const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'medium' })

/** @param {RunReport} report */
function stateParts({ status, batches, expectedBatches, createdAt, updatedAt, expiresAt }) {
  const when = (/** @type {string} */ text) => el('time', { datetime: text }, time.format(new Date(text)))
  return [
    status === 'sealed' ? words.sealed : words.open,
    '. ',
    expectedBatches === undefined
      ? words.batches(count(batches))
      : words.batchesOf(count(batches), count(expectedBatches)),
    ' ',
    ...words.declared(when(createdAt)),
    ' ',
    ...words.changed(when(updatedAt)),
    ...(expiresAt === null ? [] : [' ', ...words.expires(when(expiresAt))]),
  ]
}

/** @param {RunReport[]} reports */
function optionParts(reports) {
  if (reports.length === 0) return []
  const all = reports.map(
    (report) => new Map([...entriesOf(report.spec, ''), ...entriesOf(report.metadata, 'metadata')]),
  )
  const names = [...new Set(all.flatMap((options) => [...options.keys()]))]
  const differing = names.filter((name) => new Set(all.map((options) => options.get(name))).size > 1)
  const alike = names.filter((name) => !differing.includes(name))
  const columns = [words.option, ...reports.map(({ evaluation }) => evaluation)]
  const rows = (/** @type {string[]} */ some) =>
    some.map((name) => [
      el('code', {}, name),
      ...all.map((options) => el('code', {}, options.get(name) ?? strings.common.none)),
    ])
  const parts = []
  if (reports.length > 1) {
    parts.push(el('h3', {}, words.differ))
    if (differing.length === 0) parts.push(el('p', { class: 'note' }, words.noneDiffer))
    else {
      const shown = table(words.differCaption, columns, rows(differing))
      parts.push(scrolls(words.differ, shown), saves(words.differ, 'options', { csv: () => csvOf(shown) }))
    }
  }
  if (alike.length > 0) {
    const title = reports.length > 1 ? words.alike(alike.length) : words.options
    const values = alike.map((name) => [el('code', {}, name), el('code', {}, all[0].get(name) ?? '')])
    parts.push(
      el('details', {}, el('summary', {}, title), scrolls(title, table(title, [words.option, words.value], values))),
    )
  }
  return parts
}

/**
 * @param {Record<string, unknown>} options
 * @param {string} parent
 * @returns {[string, string][]}
 */
function entriesOf(options, parent) {
  return Object.entries(options).map(([name, value]) => [
    parent === '' ? name : `${parent}.${name}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
}
