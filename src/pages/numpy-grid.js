import { el, number, table, text } from './dom.js'
import { strings } from './strings.js'

const words = strings.declaration

/**
 * What the one-hot code sums of labels that it takes as they are: NumPy repeats a list of K labels over all rows.
 *
 * @param {number[][]} outputs
 * @param {number[][] | number[]} labels
 * @returns {number[][]} how often -ln y of each cell is in the sum
 */
export function countsOfOneHotCode(outputs, labels) {
  return outputs.map((row, at) => {
    const own = labels[at]
    return row.map((_, output) => (Array.isArray(own) ? own[output] : Number(labels[output])))
  })
}

/**
 * What `y[np.arange(n), t]` reads: with rows of labels, each of them is taken as a list of indices.
 *
 * @param {number[][]} outputs
 * @param {number[][] | number[]} labels
 * @returns {number[][]} how often each cell is read
 */
export function countsOfIndexCode(outputs, labels) {
  const counts = outputs.map((row) => row.map(() => 0))
  for (const list of Array.isArray(labels[0])
    ? /** @type {number[][]} */ (labels)
    : [/** @type {number[]} */ (labels)]) {
    list.forEach((output, row) => {
      counts[row][output]++
    })
  }
  return counts
}

/**
 * The sum over cells, divided by the number of rows, as both codes do it.
 *
 * @param {number[][]} outputs
 * @param {number[][]} counts
 */
export function meanOf(outputs, counts) {
  const sum = outputs.flatMap((row, at) =>
    row.map((y, output) => (counts[at][output] === 0 ? 0 : -counts[at][output] * Math.log(y))),
  )
  return sum.reduce((one, other) => one + other, 0) / outputs.length
}

/**
 * The cells that a line of NumPy sums of these labels.
 *
 * @param {{ code: string, labels: string, counts: number[][], outputs: number[][], isRight: boolean }} grid
 */
export function gridOf({ code, labels, counts, outputs, isRight }) {
  const rows = outputs.map((row, at) => [
    String(at),
    ...row.map((y, output) => {
      const count = counts[at][output]
      const cell = el('span', { class: 'cell', 'data-count': count }, text(-Math.log(y), 3))
      if (count > 1) cell.append(`\u2009×\u2009${count}`)
      return cell
    }),
  ])
  return el(
    'article',
    { class: isRight ? 'card right' : 'card wrong' },
    el('h3', {}, ...words.codeOn(el('code', {}, code), labels)),
    table(words.cells, ['−ln y', ...outputs[0].map((_, output) => String(output))], rows),
    el('p', { class: 'big' }, ...words.sums(number(meanOf(outputs, counts), { digits: 5 }))),
  )
}
