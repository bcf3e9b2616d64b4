import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as layout from './layout.ts'
import { powersOfFive } from './powers.ts'

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly begin: () => void
  readonly feed: (from: number, end: number) => number
  readonly resume: () => number
  readonly lines: (from: number, end: number) => number
}

// Neither the es libraries nor @types/node declare it, and the DOM would bring its thousand globals along.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (
    module: object,
    imports: { host: { exact: (from: number, to: number) => number } },
  ) => { readonly exports: object }
}

const module = new WebAssembly.Module(readFileSync(new URL('./scanner.wasm', import.meta.url)))
const instance = new WebAssembly.Instance(module, {
  host: { exact: (from, to) => Number(memory.toString('latin1', from, to)) },
})
const exports = instance.exports as Exports

const buffer = exports.memory.buffer

/** The module, and its memory as bytes, as fields of the state, as doubles and as UTF-16 units. */
export const { begin, feed, resume, lines } = exports
export const memory = Buffer.from(buffer)
export const state = new Int32Array(buffer, layout.STATE, (layout.CAPTURE - layout.STATE) / 4)
export const numbers = new Float64Array(buffer, layout.NUMBERS)
export const labels = new Float64Array(buffer, layout.KEYS)
export const captured = new Uint16Array(buffer, layout.CAPTURE, layout.CAPTURE_CAPACITY)

new BigUint64Array(buffer, layout.POWERS).set(powersOfFive())
memory.set(randomBytes(8), layout.SECRET)
