/** @import { RunEntry, RunList, Settings } from '../types.d.ts' */
import { answerOf, get } from '../api.js'
import { el, find, number, share } from '../dom.js'
import { strings } from '../strings.js'
import { ago } from './ago.js'
import { chosen, keyClass } from './chosen.js'
import { recents } from './recent.js'

const words = strings.runs

const pageSize = 20
/** As many as a page may have, see GET /v1/limits. */
const mostListed = 1000

/**
 * The table of runs: those that fit the filters, in the order of a column, each to be chosen or not.
 *
 * @param {HTMLElement} place
 * @param {{ settings: Settings, choose: (name: string, isChosen: boolean) => void, isFull: () => boolean }} choice
 */
export function runList(place, { settings, choose, isFull }) {
  const list = find(place, '.run-list', HTMLTableSectionElement)
  const more = find(place, '.run-more', HTMLButtonElement)
  const note = find(place, '.run-note', HTMLElement)
  const recent = recents()
  /** The row of each run, which stays the same so that the reader keeps the place. @type {Map<string, ReturnType<typeof item>>} */
  const items = new Map()
  let limit = pageSize

  const mark = () => {
    for (const [name, { box, key }] of items) {
      const run = chosen.get(name)
      box.checked = run !== undefined
      box.disabled = run === undefined && isFull()
      key.className = run === undefined ? 'run-key' : keyClass(run)
    }
    for (const button of place.querySelectorAll('[data-sort]')) {
      const column = button.getAttribute('data-sort')
      const order = { [`${column}`]: 'ascending', [`-${column}`]: 'descending' }[settings.sort]
      if (order === undefined) button.parentElement?.removeAttribute('aria-sort')
      else button.parentElement?.setAttribute('aria-sort', order)
    }
  }

  /** @param {readonly RunEntry[]} entries */
  const fill = (entries) => {
    for (const entry of entries) {
      const known = items.get(entry.evaluation) ?? item(entry.evaluation, choose)
      known.tell(entry, recent.of(entry.evaluation))
      items.set(entry.evaluation, known)
    }
    const names = inOrder(entries, settings.sort, recent.of).map(({ evaluation }) => evaluation)
    const shown = names.flatMap((name) => items.get(name)?.element ?? [])
    if (shown.some((element, at) => list.children[at] !== element) || list.children.length > shown.length) {
      const held = document.activeElement
      list.replaceChildren(...shown)
      if (held instanceof HTMLElement && list.contains(held)) held.focus()
    }
    mark()
  }

  /** @param {RunList} answer */
  const show = ({ evaluations, unreadable = [], next }) => {
    const names = evaluations.map(({ evaluation }) => evaluation)
    for (const name of items.keys()) if (!names.includes(name)) items.delete(name)
    fill(evaluations)
    // the list is shown even where the recent losses cannot be loaded
    recent.load(evaluations, () => fill(evaluations)).catch(() => undefined)
    more.hidden = next === undefined || limit >= mostListed
    const none = settings.prefix === '' ? words.none : words.noneWith(settings.prefix)
    note.replaceChildren(
      ...(evaluations.length === 0 ? [el('p', {}, settings.metadata === '' ? none : words.noneFits)] : []),
      ...unreadable.map(({ evaluation, detail }) =>
        el('p', {}, words.unreadable(evaluation), el('span', { lang: 'en' }, detail)),
      ),
    )
  }

  const load = async () => {
    const { prefix, sort, metadata } = settings
    const query = new URLSearchParams({ limit: String(limit), ...(prefix !== '' && { prefix }) })
    if (sort !== '' && !isOwn(sort)) query.set('sort', sort)
    for (const pair of metadata.split(/\s+/).filter((text) => /^[^=]+=/.test(text))) {
      const at = pair.indexOf('=')
      query.set(`metadata.${pair.slice(0, at)}`, pair.slice(at + 1))
    }
    const exchange = await get(`/v1/evaluations?${query}`)
    show(answerOf(exchange))
    return exchange
  }

  return {
    mark,
    load,
    /** The filters or the order are others now. */
    anew() {
      limit = pageSize
    },
    more() {
      limit = Math.min(mostListed, 2 * limit)
    },
    /** Names from the top on, as many as were asked for. @param {number} count */
    first: (count) => [...items.keys()].slice(0, count),
  }
}

/** Whether the service does not know this order. @param {string} sort */
function isOwn(sort) {
  return /^-?(latest|best)$/.test(sort)
}

/**
 * @param {readonly RunEntry[]} entries in the order of the service
 * @param {string} sort
 * @param {(name: string) => import('./recent.js').Recent | undefined} recentOf
 */
function inOrder(entries, sort, recentOf) {
  if (!isOwn(sort)) return entries
  const column = /** @type {'latest' | 'best'} */ (sort.replace('-', ''))
  const sign = sort.startsWith('-') ? -1 : 1
  // a run without the number comes last in both directions, as it does at the service
  const keyOf = (/** @type {RunEntry} */ { evaluation }) => {
    const value = recentOf(evaluation)?.[column]
    return value === null || value === undefined ? Number.POSITIVE_INFINITY : sign * value
  }
  return entries.toSorted((one, other) => (keyOf(one) === keyOf(other) ? 0 : keyOf(one) - keyOf(other)))
}

/**
 * @param {string} name
 * @param {(name: string, isChosen: boolean) => void} choose
 */
function item(name, choose) {
  const box = el('input', { type: 'checkbox', value: name, autocomplete: 'off' })
  const key = el('span', { class: 'run-key', 'aria-hidden': 'true' })
  const state = el('span', { class: 'run-facts' })
  const label = el('label', { title: name }, box, key, el('span', { class: 'run-name' }, name), state)
  const cells = Array.from({ length: 7 }, () => el('td'))
  box.addEventListener('change', () => choose(name, box.checked))
  const element = el('tr', {}, el('th', { scope: 'row' }, label), ...cells)
  let said = ''
  /** @param {RunEntry} entry @param {import('./recent.js').Recent | undefined} recent */
  const tell = (entry, recent) => {
    const { status, batches, loss, lossStatus, accuracy, updatedAt, window } = entry
    const when = batches === 0 ? strings.common.none : ago(updatedAt)
    const now = JSON.stringify([status, batches, loss, lossStatus, accuracy, window, when, recent])
    if (now === said) return
    said = now
    state.textContent = status === 'sealed' ? words.sealed : ''
    const contents = [
      number(recent?.latest, { digits: 4 }),
      number(recent?.best, { digits: 4 }),
      number(loss, { digits: 4, missing: lossStatus === 'infinite' ? strings.common.infinite : strings.common.none }),
      share(accuracy),
      count(batches),
      window === undefined ? strings.common.none : words.windows[window],
      when,
    ]
    contents.forEach((content, at) => {
      cells[at].replaceChildren(content)
    })
  }
  return { element, box, key, tell }
}

const inLanguage = new Intl.NumberFormat(document.documentElement.lang)

/** A whole number as it is written in the language of the page. @param {number} value */
export function count(value) {
  return inLanguage.format(value)
}
