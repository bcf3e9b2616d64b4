import { el } from '../dom.js'

/**
 * A figure as a mark on a scale, and its interval as a bar around it.
 *
 * @param {number} value
 * @param {readonly number[] | null} interval
 * @param {readonly [from: number, to: number]} scale
 */
export function whisker(value, interval, [from, to]) {
  const at = (/** @type {number} */ number) => String(Math.min(1, Math.max(0, (number - from) / (to - from || 1))))
  const bar = el(
    'span',
    { class: 'interval', 'aria-hidden': 'true' },
    ...(interval === null ? [] : [el('span', { class: 'range' })]),
    el('span', { class: 'at' }),
  )
  bar.style.setProperty('--at', at(value))
  if (interval !== null) {
    bar.style.setProperty('--low', at(interval[0]))
    bar.style.setProperty('--high', at(interval[1]))
  }
  return bar
}
