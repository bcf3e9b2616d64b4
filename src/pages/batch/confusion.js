import { el, find, percent, scrolls, table } from '../dom.js'
import { csvFile, csvOf, pngFile, saves, svgFile } from '../downloads.js'
import { strings } from '../strings.js'
import { keepState, stateOf } from './address.js'
import { confusionSvg, overview } from './confusion-picture.js'
import { frequentPairs, scaled } from './matrix.js'

const words = strings.batch

/** So many classes are a table that can be read; of more, a window of so many is. */
const mostClasses = 20

/** How often each label was decided how. @param {number[][]} counts */
export function confusionPart(counts) {
  const isLarge = counts.length > mostClasses
  const place = el('div')
  let view = { label: 0, decision: 0, size: Math.min(counts.length, mostClasses) }
  let by = Object.keys(words.normalise).find((way) => way === stateOf('normalise')) ?? 'count'

  const fields = lens(counts.length, (change) => {
    view = { ...view, ...change }
    draw()
  })

  const draw = () => {
    const within = (/** @type {number} */ from) => Math.max(0, Math.min(from, counts.length - view.size))
    view = { ...view, label: within(view.label), decision: within(view.decision) }
    const shares = scaled(counts, by)
    if (isLarge) {
      for (const [name, value] of Object.entries(view)) {
        find(fields, `[name=${name}]`, HTMLInputElement).valueAsNumber = value
      }
    }
    const pick = (/** @type {number} */ row, /** @type {number} */ column) => {
      const half = Math.floor(view.size / 2)
      view = { ...view, label: row - half, decision: column - half }
      draw()
    }
    place.replaceChildren(
      ...(isLarge ? [overview(shares, view, pick)] : []),
      scrolls(words.confusionLabel, grid(counts, shares, by, view)),
      legend(by),
    )
  }

  const choices = el(
    'fieldset',
    { class: 'choices parts normalise' },
    el('legend', {}, words.normaliseBy),
    ...Object.entries(words.normalise).map(([way, name]) =>
      el('label', {}, el('input', { type: 'radio', name: 'normalise', value: way, checked: way === by }), name),
    ),
  )
  choices.addEventListener('change', () => {
    by = find(choices, ':checked', HTMLInputElement).value
    keepState('normalise', by === 'count' ? '' : by)
    draw()
  })
  draw()

  return el(
    'div',
    { class: 'confusion-part' },
    el('h3', {}, words.confusionTitle),
    choices,
    ...(isLarge ? [fields] : []),
    place,
    saves(words.confusionTitle, 'confusion', {
      png: () => pngFile(confusionSvg(scaled(counts, by))),
      svg: () => svgFile(confusionSvg(scaled(counts, by))),
      csv: () => csvFile(by === 'count' ? counts : scaled(counts, by)),
    }),
    ...pairs(counts),
  )
}

/**
 * Fields that move the window over the matrix and change its size.
 *
 * @param {number} classes
 * @param {(change: { label?: number, decision?: number, size?: number }) => void} move
 */
function lens(classes, move) {
  const fields = { label: words.fromLabel, decision: words.fromDecision, size: words.windowSize }
  return el(
    'div',
    { class: 'fields lens' },
    ...Object.entries(fields).map(([name, title]) => {
      const [min, max, value] = name === 'size' ? [5, 50, mostClasses] : [0, classes - 1, 0]
      const input = el('input', { type: 'number', name, min, max, value })
      input.addEventListener('change', () => {
        if (input.value !== '' && input.checkValidity()) move({ [name]: Math.min(classes, input.valueAsNumber) })
      })
      return el('label', {}, title, input)
    }),
  )
}

/**
 * @param {number[][]} counts
 * @param {number[][]} shares of 1, the colour of each cell
 * @param {string} by
 * @param {{ label: number, decision: number, size: number }} window
 */
function grid(counts, shares, by, { label, decision, size }) {
  const recalls = scaled(counts, 'row')
  const columns = Array.from({ length: size }, (_, at) => decision + at)
  const rows = Array.from({ length: size }, (_, at) => label + at)
  const cell = (/** @type {number} */ row, /** @type {number} */ column) => {
    const count = counts[row][column]
    const shown = by === 'count' ? String(count) : String(Number((100 * shares[row][column]).toFixed(1)))
    const element = el(
      'td',
      {
        class: row === column ? 'right' : 'wrong',
        'data-count': count,
        title: words.cell(row, column, count, percent(recalls[row][column])),
      },
      count === 0 ? '·' : shown,
    )
    element.style.setProperty('--share', String(Math.sqrt(shares[row][column])))
    return element
  }
  return el(
    'table',
    { class: 'confusion' },
    el('caption', {}, words.confusionCaption(by === 'count' ? '' : '%')),
    el('thead', {}, el('tr', {}, el('td'), ...columns.map((at) => el('th', { scope: 'col' }, String(at))))),
    el(
      'tbody',
      {},
      ...rows.map((row) =>
        el('tr', {}, el('th', { scope: 'row' }, String(row)), ...columns.map((column) => cell(row, column))),
      ),
    ),
  )
}

/** @param {string} by */
function legend(by) {
  return el(
    'p',
    { class: 'note heat-legend' },
    el('span', { class: 'heat right', 'aria-hidden': 'true' }),
    ` ${words.heatRight} `,
    el('span', { class: 'heat wrong', 'aria-hidden': 'true' }),
    ` ${words.heatWrong(by === 'count' ? words.heatMost : '100 %')}`,
  )
}

/** The confusions that happen most. @param {number[][]} counts */
function pairs(counts) {
  const found = frequentPairs(counts, 10)
  if (found.length === 0) return []
  const rows = found.map(({ label, decision, count, share }) => [
    `${label} → ${decision}`,
    String(count),
    el('data', { value: share }, percent(share)),
  ])
  const shown = table(words.pairsCaption, [words.columnPair, words.columnSamples, words.columnShare], rows)
  return [
    el(
      'details',
      { open: counts.length > mostClasses },
      el('summary', {}, words.pairsTitle),
      scrolls(words.pairsTitle, shown),
      saves(words.pairsTitle, 'confusions', { csv: () => csvOf(shown) }),
    ),
  ]
}
