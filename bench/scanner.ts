// Bytes of a body to Float64Arrays, against JSON.parse of the same bytes: node bench/scanner.ts
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { DocumentScanner, type ScanLimits } from '../src/scanner/scanner.ts'
import { finish } from '../test/loss/support.ts'
import { unaccounted } from '../test/unaccounted.ts'
import { median } from './statistics.ts'

const LIMITS: ScanLimits = {
  maxDepth: 32,
  maxKeyLength: 256,
  maxKeys: 256,
  maxOptionBytes: 65536,
  maxElements: 1e7,
  maxRows: 1e7,
  maxColumns: 1e6,
  maxNumberLength: 4096,
}
const KEYS = ['predictions', 'labels', 'sampleWeights']
const SLICE = 65536
const ROUNDS = Number(process.env.ROUNDS ?? 15)

const generator = xoroshiro128plus(7)
function random(): number {
  return ((generator.next() >>> 5) * 2 ** 26 + (generator.next() >>> 6)) / 2 ** 53
}

function softmax(): number[] {
  const powers = Array.from({ length: 10 }, () => Math.exp(4 * random()))
  const sum = powers.reduce((a, b) => a + b)
  return powers.map((power) => power / sum)
}

function oneHot(): number[] {
  const label = Math.floor(10 * random())
  return Array.from({ length: 10 }, (_, k) => (k === label ? 1 : 0))
}

function rows<T>(make: () => T, count = 60_000): T[] {
  return Array.from({ length: count }, make)
}

function scan(bytes: Uint8Array): number {
  const scanner = new DocumentScanner(KEYS, LIMITS, unaccounted, bytes.length)
  for (let from = 0; from < bytes.length; from += SLICE) scanner.write(bytes.subarray(from, from + SLICE))
  return Object.keys(finish(scanner.end()).tensors).length
}

function parse(bytes: Buffer): number {
  return Object.keys(JSON.parse(bytes.toString())).length
}

/** A body that is wrong everywhere must be refused for the price of a right one. */
function wrong(element: string): string {
  return `{"predictions":[${`${element},`.repeat(12_000_000 / (element.length + 1))}${element}]}`
}

const small = {
  loss: 'cross-entropy',
  labelFormat: 'one-hot',
  predictionFormat: 'probabilities',
  predictions: [[0.05, 0.85, 0.1]],
  labels: [[0, 1, 0]],
}
const cases: readonly (readonly [name: string, makeText: () => string, repeats: number])[] = [
  ['17 digits, 60000 x 10', () => JSON.stringify({ predictions: rows(softmax) }), 1],
  ['17 digits, flat', () => JSON.stringify({ predictions: rows(random, 600_000) }), 1],
  ['17 digits, ", " between', () => JSON.stringify({ predictions: rows(softmax) }).replaceAll(',', ', '), 1],
  ['8 digits, 60000 x 10', () => JSON.stringify({ predictions: rows(() => softmax().map((p) => +p.toFixed(8))) }), 1],
  ['8 digits, flat', () => JSON.stringify({ predictions: rows(() => +random().toFixed(8), 600_000) }), 1],
  ['one-hot, 60000 x 10', () => JSON.stringify({ labels: rows(oneHot) }), 1],
  ['index, 600000', () => JSON.stringify({ labels: rows(() => Math.floor(1000 * random()), 600_000) }), 1],
  [
    'batch: softmax, one-hot',
    () => JSON.stringify({ loss: 'mse', predictions: rows(softmax), labels: rows(oneHot) }),
    1,
  ],
  ['exponents, 60000 x 10', () => JSON.stringify({ predictions: rows(() => softmax().map((p) => p * 1e-7)) }), 1],
  ['25 digits, flat', () => `{"predictions":[${rows(() => `${random()}00000123`, 600_000)}]}`, 1],
  ['12 MB of null', () => wrong('null'), 1],
  ['12 MB of "a"', () => wrong('"a"'), 1],
  ['12 MB of [[]]', () => wrong('[[]]'), 1],
  ['12 MB of {"a":1}', () => wrong('{"a":1}'), 1],
  ['one row', () => JSON.stringify(small), 4000],
]

function time(run: (bytes: Buffer) => number, bytes: Buffer, repeats: number): number {
  const begin = performance.now()
  for (let i = 0; i < repeats; i++) run(bytes)
  return (performance.now() - begin) / repeats
}

/** Bytes per microsecond, round by round. */
export interface ScannerResult {
  readonly name: string
  readonly bytes: number
  readonly scans: number[]
  readonly parses: number[]
}

/** Times the scanner and JSON.parse in turn on the named cases. */
export function benchScanner(names: readonly string[], rounds: number): ScannerResult[] {
  return cases
    .filter(([name]) => names.includes(name))
    .map(([name, makeText, repeats]) => {
      const bytes = Buffer.from(makeText())
      const result: ScannerResult = { name, bytes: bytes.length, scans: [], parses: [] }
      for (let round = -3; round < rounds; round++) {
        const scanned = time(scan, bytes, repeats)
        const parsed = time(parse, bytes, repeats)
        if (round < 0) continue
        result.scans.push(bytes.length / scanned / 1000)
        result.parses.push(bytes.length / parsed / 1000)
      }
      return result
    })
}

function main(only = ''): void {
  const lines = ['case                         bytes  scan MB/s parse MB/s   ratio']
  const names = cases.map(([name]) => name).filter((name) => name.includes(only))
  for (const { name, bytes, scans, parses } of benchScanner(names, ROUNDS)) {
    const [s, p] = [median(scans), median(parses)]
    const cells = [String(bytes).padStart(9), s.toFixed(0).padStart(10), p.toFixed(0).padStart(10)]
    lines.push(`${name.padEnd(25)}${cells.join(' ')} ${(s / p).toFixed(2).padStart(7)}`)
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

if (import.meta.main) main(process.argv[2])
