/** @import { NpyArray } from '../types.d.ts' */
import { el } from '../dom.js'
import { strings } from '../strings.js'
import { readNpy, rowOf } from './npy.js'

const words = strings.batch

/** A longer side is not of a thumbnail, and would hold up the page. */
const longest = 512

/** @typedef {{ file: File, array: NpyArray, size: { width: number, height: number, channels: number } }} Images */

/**
 * Images of the rows, which stay in the page.
 *
 * @param {File | undefined} file .npy
 * @param {number} rows
 * @returns {Promise<Images | undefined>} nothing where none are chosen
 * @throws {Error} in words, where they are not images of the rows
 */
export async function imagesOf(file, rows) {
  if (file === undefined) return undefined
  const array = await readNpy(file, file.name)
  const size = array && sizeOf(array.shape)
  if (array === undefined || size === undefined || array.datatype === 'FP16') throw new Error(words.noImages(file.name))
  if (array.shape[0] !== rows) throw new Error(words.otherImages(file.name, array.shape[0], rows))
  return { file, array, size }
}

/**
 * How large the images of a shape are: (n, height, width), the same with 1 or 3 channels, or (n, side x side).
 *
 * @param {number[]} shape
 */
export function sizeOf([, ...sizes]) {
  const side = Math.sqrt(sizes[0])
  const [height, width, channels = 1] = sizes.length === 1 ? [side, side] : sizes
  const isSide = (/** @type {number} */ size) => Number.isInteger(size) && size > 0 && size <= longest
  const fits = sizes.length <= 3 && isSide(height) && isSide(width) && (channels === 1 || channels === 3)
  return fits ? { width, height, channels } : undefined
}

/**
 * The images of some rows, each from its darkest to its brightest value.
 *
 * @param {Images} images
 * @param {number[]} rows
 */
export function thumbnailsOf({ file, array, size }, rows) {
  return Promise.all(
    rows.map(async (row) => {
      const values = await rowOf(
        file,
        { ...array, shape: [array.shape[0], size.width * size.height * size.channels] },
        row,
      )
      return thumbnail(values.map(Number), size, row)
    }),
  )
}

/**
 * @param {number[]} values
 * @param {Images['size']} size
 * @param {number} row
 */
function thumbnail(values, { width, height, channels }, row) {
  const canvas = el('canvas', { class: 'thumbnail', width, height, role: 'img', 'aria-label': words.imageOf(row) })
  const context = canvas.getContext('2d')
  if (context === null) return canvas
  const picture = context.createImageData(width, height)
  const [low, high] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  const level = (/** @type {number} */ value) => (255 * (value - low)) / (high - low || 1)
  for (let at = 0; at < width * height; at++) {
    const [red, green = red, blue = red] = values.slice(channels * at, channels * (at + 1)).map(level)
    picture.data.set([red, green, blue, 255], 4 * at)
  }
  context.putImageData(picture, 0, 0)
  return canvas
}
