import { el } from '../dom.js'
import { chosen } from './chosen.js'

/**
 * Offers the chosen runs; what was selected stays selected while it is among them.
 *
 * @param {HTMLSelectElement} select
 * @param {number} first which of them to select at first
 */
export function offerRuns(select, first) {
  const names = [...chosen.keys()]
  const offered = [...select.options].map(({ value }) => value)
  if (names.join() === offered.join()) return
  const before = select.value
  select.replaceChildren(...names.map((name) => el('option', {}, name)))
  select.value = names.includes(before) ? before : (names[first] ?? names[0] ?? '')
}
