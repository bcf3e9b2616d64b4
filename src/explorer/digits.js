/** @import { Digits, Pixels } from './types.d.ts' */

/** @type {Promise<Digits> | undefined} */
let digits

/** 899 handwritten digits: logits of a real model, and the truth. */
export function loadDigits() {
  digits ??= load('digits.json')
  return digits
}

/** @type {Promise<Pixels> | undefined} */
let pixels

/** 900 handwritten digits: 8 x 8 pixels each, from 0 to 1, and what they are. */
export function loadPixels() {
  pixels ??= load('pixels.json').then((/** @type {{ pixels: string[], labels: number[] }} */ file) => ({
    images: file.pixels.map((ink) => Array.from(ink, (pixel) => Number.parseInt(pixel, 17) / 16)),
    labels: file.labels,
  }))
  pixels.catch(() => {
    pixels = undefined
  })
  return pixels
}

/** @param {string} name */
async function load(name) {
  const response = await fetch(new URL(name, import.meta.url))
  return response.json()
}
