/**
 * How often 95 % intervals hold the true figure: ten processes, samples of 50 to 5,000 rows. Prints for each process and size the range
 * of the shares over its figures, and those outside of 92 to 97.5 %. True figures are those of 400,000 rows.
 *
 *     node test/bench/coverage.ts [rounds]
 */
import type { Request } from '../loss/support.ts'
import { evaluate } from '../loss/support.ts'

const rounds = Number(process.argv[2] ?? 1000)
const sizes = [50, 100, 200, 500, 1000, 5000]
const manyRows = 400_000
const [lowest, highest] = [0.92, 0.975]

let state = 24
/** Numbers from 0 to 1 (mulberry32). */
function uniform(): number {
  state = (state + 0x6d2b79f5) | 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

function drawn(shares: readonly number[]): number {
  let left = uniform()
  return Math.max(
    0,
    shares.findIndex((share) => {
      left -= share
      return left < 0
    }),
  )
}

type Process = (rows: number) => Request
const all = ['metrics', 'ranking', 'intervals'] as const
const logits = { predictionFormat: 'logits', include: all } as const
const binaryOptions = { ...logits, loss: 'binary-cross-entropy', labelFormat: 'binary' } as const
const classOptions = { ...logits, loss: 'cross-entropy', labelFormat: 'index', topK: 2 } as const

function list<Value>(rows: number, make: () => Value): Value[] {
  return Array.from({ length: rows }, make)
}

/** @param means of the logits of negative rows and of positive ones */
function binary(share: number, means: readonly [number, number]): Process {
  return (rows) => {
    const labels = list(rows, () => Number(uniform() < share))
    const predictions = labels.map((label) => means[label] + normal())
    return { ...binaryOptions, predictions, labels }
  }
}

function classes(shares: readonly number[], skill: number, isWeighted = false): Process {
  return (rows) => {
    const labels = list(rows, () => drawn(shares))
    const predictions = labels.map((label) =>
      shares.map((share, k) => Math.log(share) + (k === label ? skill : 0) + normal()),
    )
    const sampleWeights = isWeighted ? labels.map(() => -Math.log(1 - uniform())) : undefined
    return { ...classOptions, predictions, labels, sampleWeights }
  }
}

const outputs: Process = (rows) => {
  const hidden = list(rows, normal)
  const labels = hidden.map((common) => [0, 0.5, 1].map((limit) => Number(common + normal() > limit)))
  const predictions = labels.map((row, i) => row.map((label) => 2 * label - 1 + 0.7 * hidden[i] + normal()))
  return { ...binaryOptions, predictions, labels }
}

/** @param tail of the errors: degrees of freedom of Student's t  @param columns outputs */
function values(columns: number, tail: number): Process {
  const heavy = () => normal() / Math.sqrt(list(tail, normal).reduce((sum, x) => sum + x * x, 0) / tail)
  return (rows) => {
    const labels = list(rows, () => list(columns, normal))
    const predictions = labels.map((row) => row.map((t) => 0.8 * t + 0.5 * (tail > 30 ? normal() : heavy())))
    return { loss: 'mse', labelFormat: 'values', predictions, labels, include: ['metrics', 'intervals'] }
  }
}

const processes: Record<string, Process> = {
  'binary, half positive': binary(0.5, [-1, 1]),
  'binary, 30 % positive': binary(0.3, [-1, 0.7]),
  'binary, 10 % positive': binary(0.1, [-1.5, 0.5]),
  'three even classes': classes([0.34, 0.33, 0.33], 1.5),
  'five uneven classes': classes([0.5, 0.2, 0.15, 0.1, 0.05], 2),
  'ten classes': classes(new Array(10).fill(0.1), 2.5),
  'three classes, weighted': classes([0.5, 0.3, 0.2], 1.5, true),
  'three binary outputs': outputs,
  'values, normal': values(1, 99),
  'values, heavy tails, two outputs': values(2, 9),
}

/** Numbers of an object by their paths. */
function* leaves(value: unknown, path = ''): Generator<[string, number | readonly number[]]> {
  if (typeof value === 'number') yield [path, value]
  else if (path.endsWith('interval') && Array.isArray(value))
    yield [path.slice(0, -'.interval'.length), value as number[]]
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) yield* leaves(inner, path === '' ? name : `${path}.${name}`)
  }
}

function figuresOf({ metrics, ranking, topKAccuracy }: ReturnType<typeof evaluate>): Map<string, number> {
  const found = new Map<string, number>()
  for (const [path, value] of leaves({ metrics, ranking, topKAccuracy }))
    if (typeof value === 'number') found.set(path, value)
  return found
}

const percent = (share: number) => (100 * share).toFixed(1)

for (const [name, drawRows] of Object.entries(processes)) {
  const truth = figuresOf(evaluate(drawRows(manyRows)))
  for (const rows of sizes) {
    const tried = new Map<string, [held: number, of: number]>()
    for (let round = 0; round < rounds; round++) {
      for (const [path, interval] of leaves(evaluate(drawRows(rows)).intervals)) {
        if (typeof interval === 'number' || (path.startsWith('metrics.perOutput.0') && name.startsWith('binary,')))
          continue
        const isCount = /(Positives|Negatives)$/.test(path)
        const value = (truth.get(path) ?? Number.NaN) * (isCount ? rows / manyRows : 1)
        const [held, of] = tried.get(path) ?? [0, 0]
        tried.set(path, [held + Number(interval[0] <= value && value <= interval[1]), of + 1])
      }
    }
    const shares = Array.from(tried, ([path, [held, of]]) => [path, held / of] as const).sort(([, a], [, b]) => a - b)
    const outside = shares.filter(([, share]) => share < lowest || share > highest)
    const [[, least], [, most]] = [shares[0], shares[shares.length - 1]]
    const named = outside.slice(0, 60).map(([path, share]) => `${path} ${percent(share)}`)
    const range = `${percent(least)} to ${percent(most)} %`
    process.stdout.write(`${name}, ${rows} rows: ${range}, ${outside.length} of ${shares.length} outside\n`)
    if (named.length > 0) process.stdout.write(`    ${named.join(', ')}\n`)
  }
}
