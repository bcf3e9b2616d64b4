/** @import { Digits, Pixels } from './types.d.ts' */
import { once } from './api.js'
import { strings } from './strings.js'

/** 899 handwritten digits: logits of a real model, and the truth. @type {() => Promise<Digits>} */
export const loadDigits = once(() => load('digits.json'))

/** 900 handwritten digits: 8 x 8 pixels each, from 0 to 1, and what they are. @type {() => Promise<Pixels>} */
export const loadPixels = once(async () => {
  /** @type {{ pixels: string[], labels: number[] }} */
  const { pixels, labels } = await load('pixels.json')
  return { images: pixels.map((ink) => Array.from(ink, (pixel) => Number.parseInt(pixel, 17) / 16)), labels }
})

/** Weights of a softmax regression that reads most of these digits, a row for each digit. @type {() => Promise<number[][]>} */
export const loadWeights = once(async () => (await load('weights.json')).weights)

/** @param {string} name */
async function load(name) {
  const response = await fetch(new URL(name, import.meta.url)).catch(() => {
    throw new Error(strings.common.unreachable)
  })
  return response.json()
}
