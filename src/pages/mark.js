import { el } from './dom.js'
import { locate } from './pointer.js'
import { strings } from './strings.js'

/**
 * A text with the places marked that JSON Pointers name.
 *
 * @param {string} text
 * @param {string[]} pointers
 */
export function marked(text, pointers) {
  const places = pointers.map((pointer) => locate(text, pointer)).filter((place) => place !== undefined)
  const code = el('code')
  let at = 0
  for (const [from, to] of places.sort(([one], [other]) => one - other)) {
    if (from < at) continue
    code.append(text.slice(at, from), el('mark', {}, text.slice(from, to)))
    at = to
  }
  code.append(text.slice(at))
  return code
}

const reach = 60

/**
 * The neighbourhood of the place that a JSON Pointer names, the place marked; nothing where it is not found.
 *
 * @param {string} text
 * @param {string} pointer
 */
export function excerpt(text, pointer) {
  const place = locate(text, pointer)
  if (place === undefined) return undefined
  const [from, to] = place
  const start = Math.max(0, from - reach)
  const end = Math.min(text.length, to + reach)
  const offending = to - from > 200 ? `${text.slice(from, from + 200)}…` : text.slice(from, to)
  return el(
    'code',
    {},
    `${start > 0 ? '…' : ''}${text.slice(start, from)}`,
    el('mark', {}, offending),
    to - from > 200 ? '' : `${text.slice(to, end)}${end < text.length ? '…' : ''}`,
  )
}

/**
 * The neighbourhood of a byte, the byte marked.
 *
 * @param {Blob} blob
 * @param {number} offset
 */
export async function around(blob, offset) {
  const start = Math.max(0, offset - reach)
  const offending = await blob.slice(offset, offset + 1).text()
  return el(
    'code',
    {},
    `${start > 0 ? '…' : ''}${await blob.slice(start, offset).text()}`,
    el('mark', {}, offending === '' ? strings.batch.end : offending),
    await blob.slice(offset + 1, offset + reach).text(),
  )
}
