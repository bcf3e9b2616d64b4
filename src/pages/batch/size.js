/** @import { Limits } from '../types.d.ts' */
/** @import { Body } from './body.js' */
import { strings } from '../strings.js'

const words = strings.batch

/** @param {number} bytes */
export function amountOf(bytes) {
  if (bytes < 1e4) return words.bytes(bytes)
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

/**
 * Why so many bytes would be refused; nothing when they may be sent.
 *
 * @param {number} bytes
 * @param {Limits} limits
 */
export function tooManyBytes(bytes, { maxBodyBytes }) {
  return bytes > maxBodyBytes ? words.tooManyBytes(amountOf(bytes), amountOf(maxBodyBytes)) : undefined
}

/**
 * Why a body would be refused for its size; nothing when it may be sent.
 *
 * @param {Body} body
 * @param {Limits} limits
 */
export function tooLarge(body, limits) {
  // each line is limited by itself, however many there are
  if (body.recipe.kind === 'ndjson') return undefined
  const tooMany = tooManyBytes(body.bytes, limits)
  if (tooMany !== undefined || body.source === undefined || 'text' in body.source) return tooMany
  for (const source of Object.values(body.source.files)) {
    if (source.kind !== 'npy' || source.array === undefined) continue
    const [rows = 1, columns = 1] = source.array.shape
    /** @type {[number, keyof Limits][]} */
    const sizes = [
      [rows, 'maxRows'],
      [columns, 'maxColumns'],
      [rows * columns, 'maxElements'],
    ]
    for (const [size, limit] of sizes) {
      if (size > limits[limit])
        return words.tooManyNumbers(source.file.name, `${rows} × ${columns}`, limit, limits[limit])
    }
  }
  return undefined
}
