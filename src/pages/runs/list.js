/** @import { RunEntry, RunList } from '../types.d.ts' */
import { answerOf, get } from '../api.js'
import { el, find, percent, text } from '../dom.js'
import { strings } from '../strings.js'
import { chosen, keyClass } from './chosen.js'

const words = strings.runs

const pageSize = 20
/** As many as a page may have, see GET /v1/limits. */
const mostListed = 1000

/**
 * The list of runs: those whose names begin with a prefix, the newest first, each to be chosen or not.
 *
 * @param {HTMLElement} place
 * @param {{ choose: (name: string, isChosen: boolean) => void, isFull: () => boolean }} choice
 */
export function runList(place, { choose, isFull }) {
  const list = find(place, '.run-list', HTMLUListElement)
  const more = find(place, '.run-more', HTMLButtonElement)
  const note = find(place, '.run-note', HTMLElement)
  /** The item of each run, which stays the same so that the reader keeps the place. @type {Map<string, ReturnType<typeof item>>} */
  const items = new Map()
  let limit = pageSize
  let prefix = ''

  const mark = () => {
    for (const [name, { box, key }] of items) {
      const run = chosen.get(name)
      box.checked = run !== undefined
      box.disabled = run === undefined && isFull()
      key.className = run === undefined ? 'run-key' : keyClass(run)
    }
  }

  /** @param {RunList} answer */
  const show = ({ evaluations, unreadable = [], next }) => {
    const before = [...items.keys()]
    const names = evaluations.map(({ evaluation }) => evaluation)
    for (const name of before) if (!names.includes(name)) items.delete(name)
    for (const entry of evaluations) {
      const known = items.get(entry.evaluation) ?? item(entry.evaluation, choose)
      known.tell(entry)
      items.set(entry.evaluation, known)
    }
    if (before.join() !== names.join()) {
      list.replaceChildren(...names.flatMap((name) => items.get(name)?.element ?? []))
    }
    more.hidden = next === undefined || limit >= mostListed
    const none = prefix === '' ? words.none : words.noneWith(prefix)
    note.replaceChildren(
      ...(evaluations.length === 0 ? [el('p', {}, none)] : []),
      ...unreadable.map(({ evaluation, detail }) =>
        el('p', {}, words.unreadable(evaluation), el('span', { lang: 'en' }, detail)),
      ),
    )
    mark()
  }

  const load = async () => {
    const query = new URLSearchParams({ limit: String(limit), ...(prefix !== '' && { prefix }) })
    const exchange = await get(`/v1/evaluations?${query}`)
    show(answerOf(exchange))
    return exchange
  }

  return {
    mark,
    load,
    /** @param {string} start */
    search(start) {
      prefix = start
      limit = pageSize
    },
    more() {
      limit = Math.min(mostListed, 2 * limit)
    },
    /** Names from the top on, as many as were asked for. @param {number} count */
    first: (count) => [...items.keys()].slice(0, count),
  }
}

/**
 * @param {string} name
 * @param {(name: string, isChosen: boolean) => void} choose
 */
function item(name, choose) {
  const box = el('input', { type: 'checkbox', value: name, autocomplete: 'off' })
  const key = el('span', { class: 'run-key', 'aria-hidden': 'true' })
  const facts = el('span', { class: 'run-facts' })
  box.addEventListener('change', () => choose(name, box.checked))
  const element = el('li', {}, el('label', {}, box, key, el('span', { class: 'run-name' }, name), facts))
  /** @param {RunEntry} entry */
  const tell = (entry) => {
    const said = [
      ...(entry.status === 'sealed' ? [words.sealed] : []),
      words.batches(count(entry.batches)),
      ...(entry.loss === null ? [] : [words.lossOf(text(entry.loss, 4))]),
      ...(entry.lossStatus === 'infinite' ? [words.lossOf(strings.common.infinite)] : []),
      ...(entry.accuracy === null ? [] : [percent(entry.accuracy).replace(' ', '\u00a0')]),
    ].join(' · ')
    if (facts.textContent !== said) facts.textContent = said
  }
  return { element, box, key, tell }
}

const inLanguage = new Intl.NumberFormat(document.documentElement.lang)

/** A whole number as it is written in the language of the page. @param {number} value */
export function count(value) {
  return inLanguage.format(value)
}
