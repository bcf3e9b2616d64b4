/** @import { NpyArray } from '../types.d.ts' */
import { elementsAt } from '../pointer.js'
import { rowOf } from './npy.js'

/**
 * Where rows can be looked up: in JSON, or in a file for each tensor.
 * @typedef {{ text: string } | { files: Record<'predictions' | 'labels', ArrayFile> }} Source
 *
 * @typedef {{ kind: 'npy', file: File, array: NpyArray | undefined }
 *   | { kind: 'csv', file: File, hasHeader: boolean }
 *   | { kind: 'json', file: File }} ArrayFile
 */

/**
 * Rows as they were given, each the text of its numbers; empty where it cannot be read.
 *
 * @param {Source} source
 * @param {'predictions' | 'labels'} name
 * @param {number[]} rows
 * @returns {Promise<string[][]>}
 */
export async function rowsOf(source, name, rows) {
  if ('text' in source) return written(source.text, `#/${name}`, rows)
  const file = source.files[name]
  if (file.kind === 'json') return written(await file.file.text(), '#', rows)
  if (file.kind === 'csv') return csvRows(await file.file.text(), file.hasHeader, rows)
  const { array } = file
  return array === undefined ? rows.map(() => []) : Promise.all(rows.map((row) => rowOf(file.file, array, row)))
}

/**
 * @param {string} text
 * @param {string} pointer
 * @param {number[]} rows
 */
function written(text, pointer, rows) {
  return elementsAt(text, pointer, rows).map((element = '') => element.match(/[^\s,[\]]+/g) ?? [])
}

/**
 * @param {string} text
 * @param {boolean} hasHeader
 * @param {number[]} rows
 */
function csvRows(text, hasHeader, rows) {
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line !== '')
  return rows.map((row) => lines[row + (hasHeader ? 1 : 0)]?.split(',').map((cell) => cell.trim()) ?? [])
}
