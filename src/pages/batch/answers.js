/** @import { LossAnswer } from '../types.d.ts' */
/** @import { Body, Options } from './body.js' */
import { el, find, number, percent, scrolls } from '../dom.js'
import { csvFile, saves } from '../downloads.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * @typedef {object} Kept
 * @property {number} id from 1
 * @property {LossAnswer} answer
 * @property {Body} body
 * @property {Options} options
 * @property {string} key of data and options, to see whether the form still holds them
 */

/** So many are kept, as each holds on to its data. */
const most = 20

/** Where a row has nothing to say. */
const nothing = '–'

const always = ['loss', 'labelFormat']

/**
 * Rows of answers, beside each other to be compared.
 *
 * @param {HTMLElement} place
 * @param {(kept: Kept) => void} choose shows an answer again
 */
export function keptAnswers(place, choose) {
  /** @type {Kept[]} */
  let rows = []
  let last = 0
  /** @type {Kept | undefined} */
  let reference
  /** @type {Kept | undefined} */
  let shown

  const draw = () => {
    place.hidden = rows.length < 2
    if (reference === undefined || !rows.includes(reference)) reference = rows[0]
    if (reference === undefined) return place.replaceChildren()
    const names = [...always, ...differing(rows)]
    const table = el(
      'table',
      { class: 'answers' },
      el('thead', {}, el('tr', {}, ...titles(names).map((title) => el('th', { scope: 'col' }, title)))),
      el('tbody', {}, ...rows.map((row) => line(row, names, /** @type {Kept} */ (reference)))),
    )
    place.replaceChildren(
      el('h3', { tabindex: -1 }, words.answersTitle),
      el('p', { class: 'note' }, words.answersCaption),
      scrolls(words.answersTitle, table),
      saves(words.answersTitle, 'answers', { csv: () => csvFile(plain(rows)) }),
    )
  }

  /**
   * @param {Kept} row
   * @param {string[]} names
   * @param {Kept} first
   */
  const line = (row, names, first) => {
    const { id, answer, body } = row
    const { spec, loss, lossStatus, standardError, accuracy } = answer
    const open = el('button', { type: 'button', class: 'quiet', 'aria-label': words.showAnswer(id) }, `${id}`)
    open.addEventListener('click', () => choose(row))
    const basis = el('input', {
      type: 'radio',
      name: 'reference',
      'aria-label': words.compareWith(id),
      checked: row === first,
    })
    basis.addEventListener('change', () => {
      reference = row
      draw()
      find(place, `[data-answer="${id}"] input`, HTMLInputElement).focus()
    })
    const remove = el('button', { type: 'button', class: 'quiet', 'aria-label': words.removeAnswer(id) }, '×')
    remove.addEventListener('click', () => {
      rows = rows.filter((each) => each !== row)
      draw()
      find(place, 'h3', HTMLElement).focus()
    })
    const margin = standardError === null ? [] : [' ± ', number(standardError, { digits: 3 })]
    return el(
      'tr',
      { 'data-answer': id, ...(row === shown && { 'aria-current': 'true' }) },
      el('th', { scope: 'row' }, open),
      el('td', { title: body.name }, body.name),
      el('td', {}, number(loss, { missing: lossStatus }), ...margin),
      el('td', {}, ...(row === first ? [nothing] : [difference(answer, first.answer)])),
      el('td', {}, accuracy === null ? nothing : el('data', { value: accuracy }, percent(accuracy, 2))),
      el('td', {}, String(answer.samples)),
      el('td', {}, basis),
      ...names.map((name) => el('td', {}, el('code', {}, written(spec[name])))),
      el('td', {}, remove),
    )
  }

  return {
    /** @param {Omit<Kept, 'id'>} answered @returns {Kept} */
    add(answered) {
      const kept = { id: ++last, ...answered }
      rows = [...rows, kept].slice(-most)
      return kept
    },
    /** Marks the answer that is shown. @param {Kept | undefined} kept */
    mark(kept) {
      shown = kept
      draw()
    },
  }
}

/** @param {string[]} names */
function titles(names) {
  return [
    words.columnAnswer,
    words.data,
    words.columnLossMargin,
    words.columnDifference,
    strings.common.accuracy,
    words.columnSamples,
    words.columnReference,
    ...names.map((name) => el('code', {}, name)),
    words.columnRemove,
  ]
}

/** The options in which answers differ. @param {Kept[]} rows */
function differing(rows) {
  const names = new Set(rows.flatMap(({ answer }) => Object.keys(answer.spec)))
  return [...names].filter((name) => {
    const values = new Set(rows.flatMap(({ answer }) => JSON.stringify(answer.spec[name]) ?? []))
    return values.size > 1 && name !== 'include' && !always.includes(name)
  })
}

/** @param {unknown} value */
function written(value) {
  if (value === undefined) return nothing
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * How much a loss is above another, where both are of one kind.
 *
 * @param {LossAnswer} one
 * @param {LossAnswer} other
 */
function difference(one, other) {
  const alike = ['loss', 'reduction'].every((name) => one.spec[name] === other.spec[name])
  return number(alike && one.loss !== null && other.loss !== null ? one.loss - other.loss : null, {
    digits: 4,
    missing: nothing,
  })
}

/** @param {Kept[]} rows */
function plain(rows) {
  const names = [...new Set(rows.flatMap(({ answer }) => Object.keys(answer.spec)))]
  const figures = /** @type {const} */ (['loss', 'lossStatus', 'standardError', 'accuracy', 'samples'])
  return [
    ['answer', 'data', ...names.map((name) => `spec.${name}`), ...figures],
    ...rows.map(({ id, answer, body }) => [
      id,
      body.name,
      ...names.map((name) => (answer.spec[name] === undefined ? '' : written(answer.spec[name]))),
      ...figures.map((name) => answer[name] ?? ''),
    ]),
  ]
}
