/** @typedef {(string | number | boolean | null)[][]} Rows with the names of the columns first */

/** @type {WeakMap<Element, () => Rows>} */
const numbers = new WeakMap()

/**
 * Tells which numbers a figure shows, or a table that is not plain.
 *
 * @param {Element} figure
 * @param {() => Rows} rows
 */
export function tellNumbers(figure, rows) {
  numbers.set(figure, rows)
}

/**
 * The numbers of a figure; undefined where it has none.
 *
 * @param {Element} figure
 */
export function numbersOf(figure) {
  return numbers.get(figure)
}
