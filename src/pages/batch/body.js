/** @import { ArrayFile, Source } from './rows.js' */
import { strings } from '../strings.js'
import { readNpy } from './npy.js'

/**
 * @typedef {Record<string, unknown>} Options declarations of the form, as the API names them
 *
 * @typedef {object} Body
 * @property {Blob | FormData} content
 * @property {number} bytes of the data
 * @property {Record<string, string>} headers
 * @property {string} description the body in words or JSON, for the wire
 * @property {string} name of the data, for people
 * @property {Source} [source] where rows and errors can be looked up
 * @property {{ bytes: number, lines: number }} added to what the person gave, in front of it
 * @property {Recipe} recipe
 *
 * What a terminal needs to make the same body.
 * @typedef {{ kind: 'inline', text: string }
 *   | { kind: 'json', name: string, options: string, skipBytes: number }
 *   | { kind: 'ndjson', name: string, options: string, skipLines: number }
 *   | { kind: 'multipart', options: string, csvHeader: boolean, files: { part: string, name: string, type: string }[] }
 * } Recipe
 */

/** @param {File | undefined} file */
export function isNdjson(file) {
  return file !== undefined && /\.(ndjson|jsonl)$/i.test(file.name)
}

/** @param {File | undefined} file */
export function isCsv(file) {
  return file !== undefined && /\.csv$/i.test(file.name)
}

/** Longest pasted text that stands in a command itself; a longer one is a file there. */
const longestInline = 20_000

/** A longer text is not shown as it stands. */
export const shortText = 2_000_000

/**
 * Options and data as one JSON object. The text is not parsed: the numbers go out as they are written.
 *
 * @param {Options} options
 * @param {string} text
 * @param {string} [name] of the file
 * @returns {Body}
 */
export function jsonBody(options, text, name) {
  const isObject = /^\s*\{/.test(text)
  const open = isObject ? text.indexOf('{') : -1
  const declared = `${JSON.stringify(options).slice(0, -1)}${/^\s*\{\s*\}/.test(text) ? '' : ','}`
  const content = isObject ? declared + text.slice(open + 1) : text
  const blob = new Blob([content])
  const skipBytes = new Blob([text.slice(0, open + 1)]).size
  return {
    content: blob,
    bytes: blob.size,
    headers: { 'content-type': 'application/json' },
    description: content.length > shortText ? strings.batch.characters(content.length) : content,
    name: name ?? strings.batch.pasted,
    source: { text },
    added: { bytes: isObject ? new Blob([declared]).size - skipBytes : 0, lines: 0 },
    recipe:
      name === undefined && content.length <= longestInline
        ? { kind: 'inline', text: content }
        : { kind: 'json', name: name ?? 'batch.json', options: declared, skipBytes },
  }
}

/**
 * Options as the first line, then the lines of a file. Its own line of options, one without predictions, is replaced.
 *
 * @param {Options} options
 * @param {File} file
 * @returns {Promise<Body>}
 */
export async function ndjsonBody(options, file) {
  const head = await file.slice(0, 65_536).text()
  const first = head.slice(0, head.indexOf('\n') + 1)
  const replaced = declaresOptions(first)
  const line = JSON.stringify(options)
  const rest = replaced ? file.slice(new TextEncoder().encode(first).length) : file
  const content = new Blob([line, '\n', rest])
  return {
    content,
    bytes: content.size,
    headers: { 'content-type': 'application/x-ndjson' },
    description: `${line}\n${strings.batch.linesOf(file.name, rest.size)}`,
    name: file.name,
    added: { bytes: 0, lines: replaced ? 0 : 1 },
    recipe: { kind: 'ndjson', name: file.name, options: line, skipLines: replaced ? 1 : 0 },
  }
}

/** @param {string} line */
function declaresOptions(line) {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && !('predictions' in value)
  } catch {
    return false
  }
}

/**
 * A file for each tensor as multipart/form-data: .npy, CSV or JSON, as they are.
 *
 * @param {Options} options
 * @param {Record<'predictions' | 'labels', File>} files
 * @param {boolean} csvHeader whether the first rows of CSV are names
 * @returns {Promise<Body>}
 */
export async function multipartBody(options, files, csvHeader) {
  const [predictions, labels] = await Promise.all([files.predictions, files.labels].map(arrayFile(csvHeader)))
  const sent = { predictions, labels }
  const content = new FormData()
  const declared = JSON.stringify(options)
  const hasHeader = csvHeader && (predictions.kind === 'csv' || labels.kind === 'csv')
  content.append('options', new Blob([declared], { type: 'application/json' }))
  // it must stand before the parts that it is said of
  if (hasHeader) content.append('csvHeader', 'true')
  for (const [part, { file }] of Object.entries(sent)) content.append(part, file)
  const parts = Object.entries(sent).map(([part, { file }]) => ({ part, name: file.name, type: file.type }))
  return {
    content,
    bytes: predictions.file.size + labels.file.size,
    headers: {},
    description: [
      `options: ${declared}`,
      ...(hasHeader ? ['csvHeader: true'] : []),
      ...parts.map(({ part, name, type }) => `${part}: ${name}, ${type}`),
    ].join('\n'),
    name: `${predictions.file.name}, ${labels.file.name}`,
    source: { files: sent },
    added: { bytes: 0, lines: 0 },
    recipe: { kind: 'multipart', options: declared, csvHeader: hasHeader, files: parts },
  }
}

/**
 * A table and what its columns are, which stands among the options.
 *
 * @param {Options} options
 * @param {File} file
 * @returns {Body}
 */
export function tableBody(options, file) {
  const table = typed(file, 'application/octet-stream')
  const content = new FormData()
  const declared = JSON.stringify(options)
  content.append('options', new Blob([declared], { type: 'application/json' }))
  content.append('table', table)
  const { name, type } = table
  return {
    content,
    bytes: file.size,
    headers: {},
    description: `options: ${declared}\ntable: ${name}, ${type}`,
    name,
    added: { bytes: 0, lines: 0 },
    recipe: { kind: 'multipart', options: declared, csvHeader: false, files: [{ part: 'table', name, type }] },
  }
}

/**
 * @param {boolean} hasHeader
 * @returns {(file: File) => Promise<ArrayFile>}
 */
function arrayFile(hasHeader) {
  return async (file) => {
    if (isCsv(file)) return { kind: 'csv', file: typed(file, 'text/csv'), hasHeader }
    if (/\.json$/i.test(file.name)) return { kind: 'json', file: typed(file, 'application/json') }
    return { kind: 'npy', file: typed(file, 'application/octet-stream'), array: await readNpy(file, file.name) }
  }
}

/**
 * A file with the Content-Type by which the service knows how to read it, whatever the system takes it for.
 *
 * @param {File} file
 * @param {string} type
 */
function typed(file, type) {
  return new File([file], file.name, { type })
}
