/** @import { NpyArray } from '../types.d.ts' */
import { strings } from '../strings.js'
import { readNpy } from './npy.js'

/**
 * @typedef {Record<string, unknown>} Options declarations of the form, as the API names them
 *
 * @typedef {object} Body
 * @property {Blob} blob
 * @property {Record<string, string>} headers
 * @property {string} description the body in words or JSON, for the wire
 * @property {string | undefined} [text] what the person wrote, where errors can be marked
 * @property {{ predictions: NpyFile, labels: NpyFile }} [arrays]
 * @property {Recipe} recipe
 *
 * @typedef {{ file: File, array: NpyArray }} NpyFile
 *
 * What a terminal needs to make the same body.
 * @typedef {{ kind: 'inline', text: string }
 *   | { kind: 'json', name: string, options: string, skipBytes: number }
 *   | { kind: 'ndjson', name: string, options: string, skipLines: number }
 *   | { kind: 'npy', header: string, files: { name: string, offset: number }[], arrays: Record<string, NpyArray>, options: Options }
 * } Recipe
 */

/** @param {File | undefined} file */
export function isNdjson(file) {
  return file !== undefined && /\.(ndjson|jsonl)$/i.test(file.name)
}

/** Longest pasted text that stands in a command itself; a longer one is a file there. */
const longestInline = 20_000

/** Above this length the places of a text are not looked up. */
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
  const open = text.indexOf('{')
  const declared = `${JSON.stringify(options).slice(0, -1)}${/^\s*\{\s*\}/.test(text) ? '' : ','}`
  const content = open < 0 ? text : declared + text.slice(open + 1)
  return {
    blob: new Blob([content]),
    headers: { 'content-type': 'application/json' },
    description: content.length > shortText ? strings.batch.characters(content.length) : content,
    text,
    recipe:
      name === undefined && content.length <= longestInline
        ? { kind: 'inline', text: content }
        : {
            kind: 'json',
            name: name ?? 'batch.json',
            options: declared,
            skipBytes: new TextEncoder().encode(text.slice(0, open + 1)).length,
          },
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
  return {
    blob: new Blob([line, '\n', rest]),
    headers: { 'content-type': 'application/x-ndjson' },
    description: `${line}\n${strings.batch.linesOf(file.name, rest.size)}`,
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
 * Two .npy files in the Open Inference Protocol's binary layout: JSON, then the raw tensors.
 *
 * @param {Options} options
 * @param {File} predictions
 * @param {File} labels
 * @returns {Promise<Body>}
 */
export async function npyBody(options, predictions, labels) {
  const arrays = {
    predictions: { file: predictions, array: await readNpy(predictions, predictions.name) },
    labels: { file: labels, array: await readNpy(labels, labels.name) },
  }
  const inputs = Object.entries(arrays).map(([name, { array }]) => ({
    name,
    shape: array.shape,
    datatype: array.datatype,
    parameters: { binary_data_size: array.byteLength },
  }))
  const header = JSON.stringify({ parameters: options, inputs })
  const files = Object.values(arrays).map(({ file, array }) => ({ name: file.name, offset: array.dataOffset }))
  return {
    blob: new Blob([header, ...Object.values(arrays).map(({ file, array }) => file.slice(array.dataOffset))]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(new TextEncoder().encode(header).length),
    },
    description: header,
    arrays,
    recipe: {
      kind: 'npy',
      header,
      files,
      arrays: { predictions: arrays.predictions.array, labels: arrays.labels.array },
      options,
    },
  }
}
