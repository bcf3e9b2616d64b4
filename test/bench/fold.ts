// The fold of a batch that is already in memory, against a plain loop and numpy: node test/bench/fold.ts
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Tensors } from '../../src/loss/batch.ts'
import { Evaluation } from '../../src/loss/evaluation.ts'
import { includes } from '../../src/loss/formats.ts'
import { ColumnBuilder } from '../../src/loss/groups/column-builder.ts'
import { GroupColumns } from '../../src/loss/groups/columns.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options } from '../../src/loss/spec.ts'
import type { Doubles } from '../../src/loss/tensor.ts'
import { unaccounted } from '../unaccounted.ts'

const SAMPLES = 60_000
const OUTPUTS = 10
const WARM_UP = 5
const ROUNDS = Math.max(12, Number(process.env.ROUNDS ?? 25))
const ROWS_ALONE = 10_000
const UNTIMED = 3

const generator = xoroshiro128plus(11)
function random(): number {
  return ((generator.next() >>> 5) * 2 ** 26 + (generator.next() >>> 6)) / 2 ** 53
}

const context = {
  maxAnswerNumbers: 1e7,
  maxMiniBatchNumbers: 1e7,
  maxGroups: 1000,
  memory: unaccounted,
  uniformIntegers: () => () => 0,
}

/** One thing to time: it runs once and says how many milliseconds that took. */
type Contender = () => number | Promise<number>

/** Times the fold and returns the tables in Markdown. */
export async function benchFold(): Promise<string> {
  const batch = makeBatch(SAMPLES)
  const { predictions, labels } = batch.index
  const index = { loss: 'cross-entropy', labelFormat: 'index' } as const
  const numpy = await startNumpy(predictions.data, labels.data)
  const whole = await medians({
    'fold, labels as index': () => time(() => fold(index, batch.index)),
    'fold, one-hot labels': () => time(() => fold({ ...index, labelFormat: 'one-hot' }, batch.oneHot)),
    'plain loop': () => time(() => plainLoop(predictions.data, labels.data)),
    ...(numpy && { numpy: numpy.time }),
  })
  numpy?.stop()
  const parts = await medians({
    nothing: () => time(() => fold(index, batch.index)),
    ...Object.fromEntries(
      includes.map((name) => {
        // intervals are those of other parts
        const include = name === 'intervals' ? (['metrics', name] as const) : [name]
        return [name, () => time(() => fold({ ...index, include }, batch.index))]
      }),
    ),
    '101 thresholds': () => time(() => fold({ ...index, thresholds: 101 }, batch.index)),
    ...Object.fromEntries(
      [50, 1000].map((groups) => {
        const grouped = { ...batch.index, groups: groupsOf(groups) }
        return [`${groups} groups`, () => time(() => fold({ ...index, groupBy: ['group'] }, grouped))]
      }),
    ),
  })
  const row = makeBatch(1).index
  const alone = await medians({ 'one row': () => time(() => repeat(ROWS_ALONE, () => fold(index, row))) })
  return [
    `${SAMPLES} x ${OUTPUTS} probabilities, cross-entropy and accuracy; medians of ${ROUNDS} interleaved rounds`,
    '',
    ratioTable(whole),
    ...(numpy ? [] : ['', 'numpy not installed']),
    '',
    'The price of each part; "nothing" is the fold of the first table, now that every part has run in this process:',
    '',
    priceTable(parts),
    '',
    `one row of ${OUTPUTS}, from the tensors to the answer: ${((alone['one row'] * 1000) / ROWS_ALONE).toFixed(2)} us`,
  ].join('\n')
}

interface BenchTensors extends Tensors {
  readonly predictions: Doubles
  readonly labels: Doubles
}

function makeBatch(samples: number): { index: BenchTensors; oneHot: BenchTensors } {
  const predictions = new Float64Array(samples * OUTPUTS)
  const labels = new Float64Array(samples)
  const oneHot = new Float64Array(samples * OUTPUTS)
  for (let i = 0; i < samples; i++) {
    const powers = Array.from({ length: OUTPUTS }, () => Math.exp(4 * random()))
    const sum = powers.reduce((a, b) => a + b)
    predictions.set(
      powers.map((power) => power / sum),
      i * OUTPUTS,
    )
    labels[i] = Math.floor(OUTPUTS * random())
    oneHot[i * OUTPUTS + labels[i]] = 1
  }
  const rows = tensor(predictions, [samples, OUTPUTS])
  return {
    index: { predictions: rows, labels: tensor(labels, [samples]) },
    oneHot: { predictions: rows, labels: tensor(oneHot, [samples, OUTPUTS]) },
  }
}

function groupsOf(groups: number): GroupColumns {
  const column = new ColumnBuilder(unaccounted, SAMPLES)
  for (let i = 0; i < SAMPLES; i++) column.add(column.codeOf(Math.floor(groups * random())) ?? 0)
  return new GroupColumns(new Map([['group', column.column()]]))
}

function tensor(data: Float64Array, shape: number[]): Doubles {
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}

function fold(options: Options, tensors: Tensors): unknown {
  const evaluation = new Evaluation(resolve(options), context)
  for (const _ of evaluation.add(tensors));
  const report = evaluation.report()
  for (;;) {
    const step = report.next()
    if (step.done) return step.value
  }
}

/** What the fold is measured by: the same two numbers without a check, a tie or an exact sum. */
function plainLoop(predictions: Float64Array, labels: Float64Array): unknown {
  let sum = 0
  let correct = 0
  for (let i = 0, at = 0; i < labels.length; i++) {
    sum -= Math.log(predictions[at + labels[i]] + 1e-7)
    let largest = predictions[at]
    let where = 0
    for (let k = 1; k < OUTPUTS; k++) {
      if (predictions[at + k] > largest) {
        largest = predictions[at + k]
        where = k
      }
    }
    if (where === labels[i]) correct++
    at += OUTPUTS
  }
  return { loss: sum / labels.length, correct }
}

function time(run: () => unknown): number {
  const begin = performance.now()
  if (run() === undefined) throw new Error('nothing was computed')
  return performance.now() - begin
}

function repeat(times: number, run: () => unknown): unknown {
  for (let i = 1; i < times; i++) run()
  return run()
}

/**
 * Runs all contenders in turn, round by round, so that a slow moment of the machine meets them all; each some times,
 * and only the last run counts, so that none pays for the garbage and the caches that another left.
 */
async function medians(contenders: Record<string, Contender>): Promise<Record<string, number>> {
  const entries = Object.entries(contenders)
  const times = new Map(entries.map(([name]) => [name, [] as number[]]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, run] of entries) {
      for (let i = 0; i < UNTIMED; i++) await run()
      const taken = await run()
      if (round >= 0) times.get(name)?.push(taken)
    }
  }
  return Object.fromEntries([...times].map(([name, taken]) => [name, taken.sort((a, b) => a - b)[taken.length >> 1]]))
}

const numpyProgram = `
import sys, time
import numpy as np
n = ${SAMPLES}
P = np.fromfile(sys.argv[1]).reshape(n, ${OUTPUTS})
L = np.fromfile(sys.argv[2]).astype(np.int64)
print('ready', flush=True)
for line in sys.stdin:
    begin = time.perf_counter()
    loss = -np.sum(np.log(P[np.arange(n), L] + 1e-7)) / n
    correct = (P.argmax(1) == L).sum()
    print((time.perf_counter() - begin) * 1000, flush=True)
`

/** A numpy process that holds the same data and runs once each time it is asked; `undefined` where there is none. */
async function startNumpy(
  predictions: Float64Array,
  labels: Float64Array,
): Promise<{ time: () => Promise<number>; stop: () => void } | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'fold-'))
  try {
    const files = [join(folder, 'predictions'), join(folder, 'labels')]
    await writeFile(files[0], predictions)
    await writeFile(files[1], labels)
    const python = spawn('/usr/bin/python3', ['-c', numpyProgram, ...files], { stdio: ['pipe', 'pipe', 'ignore'] })
    if (!(await started(python))) return undefined
    const lines = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
    const next = async () => (await lines.next()).value as string | undefined
    if ((await next()) !== 'ready') return undefined
    return {
      time: async () => {
        python.stdin.write('\n')
        return Number(await next())
      },
      stop: () => python.stdin.end(),
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function started(child: ChildProcess): Promise<boolean> {
  return once(child, 'spawn').then(
    () => true,
    () => false,
  )
}

function ratioTable(times: Record<string, number>): string {
  const lines = ['|  | ms | of the plain loop | of numpy |', '|---|---:|---:|---:|']
  for (const [name, taken] of Object.entries(times)) {
    const ofNumpy = times.numpy === undefined ? '-' : (taken / times.numpy).toFixed(2)
    lines.push(`| ${name} | ${taken.toFixed(2)} | ${(taken / times['plain loop']).toFixed(2)} | ${ofNumpy} |`)
  }
  return lines.join('\n')
}

function priceTable(times: Record<string, number>): string {
  const lines = ['| include, labels as index | ms | more than nothing |', '|---|---:|---:|']
  for (const [name, taken] of Object.entries(times)) {
    lines.push(`| ${name} | ${taken.toFixed(2)} | ${(taken - times.nothing).toFixed(2)} |`)
  }
  return lines.join('\n')
}

if (import.meta.main) process.stdout.write(`${await benchFold()}\n`)
