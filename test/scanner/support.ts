import type { Memory } from '../../src/loss/memory.ts'
import type { Doubles } from '../../src/loss/tensor.ts'
import { DocumentScanner, type ScanLimits, type ScannedDocument, ScanSyntaxError } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'

export const LIMITS: ScanLimits = {
  maxDepth: 32,
  maxKeyLength: 1024,
  maxKeys: 256,
  maxOptionBytes: 65536,
  maxElements: 1e7,
  maxRows: 1e6,
  maxColumns: 1e5,
  maxNumberLength: 4096,
}
export const KEYS: readonly string[] = ['predictions', 'labels', 'sampleWeights']

/** A generator of unsigned 32-bit integers (Mulberry32), one seed a test. */
export function generator(seed: number): (below?: number) => number {
  let state = seed >>> 0
  return (below = 2 ** 32) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

export function scanPieces(
  pieces: Iterable<Uint8Array>,
  limits = LIMITS,
  memory: Memory = unaccounted,
  declaredBytes = 0,
): ScannedDocument {
  const scanner = new DocumentScanner(KEYS, limits, memory, declaredBytes)
  for (const piece of pieces) scanner.write(piece)
  return ended(scanner)
}

/** What was read, without pauses. */
export function ended(scanner: DocumentScanner): ScannedDocument {
  return finish(scanner.end())
}

export function scan(text: string | Uint8Array, limits = LIMITS): ScannedDocument {
  return scanPieces([Buffer.from(text)], limits)
}

export function* piecesOf(bytes: Uint8Array, length: () => number): Generator<Uint8Array> {
  for (let from = 0, to = 0; from < bytes.length; from = to) {
    to = from + length()
    // A copy, so that nothing can be read beyond its end.
    yield bytes.slice(from, to)
  }
}

/** What a scan comes to, in a form that can be compared: -0, NaN and the order of the keys count. */
export function outcome(run: () => ScannedDocument): string {
  try {
    const { options, tensors } = run()
    const plain = Object.entries(tensors).map(([name, tensor]) => [
      name,
      { ...tensor, names: undefined, data: writtenIn(tensor) },
    ])
    return JSON.stringify([options, plain])
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return error instanceof ScanSyntaxError ? `${error.offset}: ${error.message}` : `${error.name}: ${error.message}`
  }
}

/** The numbers of a tensor, and the texts that are told apart. */
function writtenIn({ data, names }: Doubles): string[] {
  const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length)
  return Array.from(data, (value, at) => {
    const code = names !== undefined && Number.isNaN(value) && (words[2 * at] & 7) === 3 ? words[2 * at] >>> 3 : 0
    return code === 0 ? write(value) : `text ${names?.texts[code - 1]}`
  })
}

export function write(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
