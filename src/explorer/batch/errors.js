/** @import { ContentError, Problem } from '../types.d.ts' */
/** @import { Body } from './body.js' */
import { el, listing } from '../dom.js'
import { around, excerpt } from '../mark.js'
import { strings } from '../strings.js'
import { problemParts } from '../wire.js'
import { rowOf } from './npy.js'

const words = strings.batch

/**
 * The service's error, with each offending element marked in what the person gave.
 *
 * @param {Problem} problem
 * @param {Body} body
 */
export async function errorParts(problem, body) {
  const { errors = [], errorCount: count = errors.length, line, offset } = problem
  const text = line === undefined ? body.text : await lineOf(body.blob, line)
  const items = await Promise.all(errors.map((error) => item(error, { ...body, text }, problem.detail)))
  const place = line === undefined ? body.blob : new Blob([text ?? ''])
  return [
    ...problemParts(problem),
    ...(offset === undefined ? [] : [listing(words.aroundByte(offset), await around(place, offset))]),
    ...(errors.length === 0 ? [] : [el('ol', { class: 'errors' }, ...items)]),
    ...(count > errors.length ? [el('p', { class: 'note' }, words.moreErrors(count - errors.length))] : []),
  ]
}

/**
 * @param {ContentError} error
 * @param {Body} body
 * @param {string} said what the problem says already
 */
async function item({ pointer, detail, received }, body, said) {
  const marked = body.text === undefined ? await element(pointer, body) : excerpt(body.text, pointer)
  return el(
    'li',
    {},
    el('code', { class: 'pointer' }, pointer),
    ...(detail === said ? [] : [el('p', { lang: 'en' }, detail)]),
    ...(marked === undefined
      ? [el('p', { class: 'note' }, words.received, el('mark', {}, JSON.stringify(received)))]
      : [listing(words.aroundPlace(pointer), marked)]),
  )
}

/**
 * The row of a .npy file that a pointer names, its offending element marked.
 *
 * @param {string} pointer
 * @param {Body} body
 */
async function element(pointer, { arrays }) {
  const [, name, row, column = '0'] = /^#\/(predictions|labels)\/(\d+)(?:\/(\d+))?$/.exec(pointer) ?? []
  const source = name === 'predictions' || name === 'labels' ? arrays?.[name] : undefined
  if (source === undefined) return undefined
  const elements = await rowOf(source.file, source.array, Number(row))
  if (elements.length === 0) return undefined
  const at = Number(column)
  const from = Math.max(0, at - 4)
  return el(
    'code',
    {},
    words.fileRow(source.file.name, row),
    ...elements
      .slice(from, at + 5)
      .flatMap((value, place) => [place > 0 ? ', ' : '', place + from === at ? el('mark', {}, value) : value]),
  )
}

/**
 * A line of an NDJSON body as it was sent, the options being line 1.
 *
 * @param {Blob} blob
 * @param {number} line
 */
async function lineOf(blob, line) {
  return (await blob.text()).split('\n', line)[line - 1]
}
