import type { Head } from '../../src/database/history.ts'
import { noBatches } from '../../src/database/history.ts'
import { openStore } from '../../src/database/open.ts'
import type { Batch, Store } from '../../src/database/store.ts'
import type { Batches } from '../../src/evaluations/block-ranges.ts'
import type { Declared } from '../../src/evaluations/declaration.ts'
import type { EvaluatedBatch } from '../../src/evaluations/evaluate.ts'
import { evaluateBatch } from '../../src/evaluations/evaluate.ts'
import type { DeclaredEvaluation, OpenEvaluation } from '../../src/evaluations/open-evaluation.ts'
import type { Evaluations } from '../../src/evaluations/service.ts'
import { answerOf } from '../../src/loss/evaluation.ts'
import type { Task } from '../../src/runtime/scheduler.ts'
import { Scheduler } from '../../src/runtime/scheduler.ts'
import type { Request } from '../loss/support.ts'
import { finish, specOf, tensorsOf, unlimited } from '../loss/support.ts'

export const owner = 'ann'

interface Scope {
  after(release: () => Promise<void>): unknown
}

/** A store that is closed when the test ends, in memory if it is not said where. */
export async function storeOf(t: Scope, url = 'memory:'): Promise<Store> {
  const store = await openStore(url, { maxEvaluations: 100, maxBatches: 1_000_000 })
  t.after(() => store.close())
  return store
}

/** A store of which some operations are others. */
export function altered(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, key) {
      const operation = Reflect.get(changes, key) ?? Reflect.get(target, key)
      return operation.bind(target)
    },
  })
}

export function newTask(): Task {
  const task = new Scheduler().task(Number.POSITIVE_INFINITY, () => new Error('overtime'))
  task.start()
  return task
}

/** What an evaluation of requests like this one is declared with. */
export function declaredFor(request: Request, outputs: number, more: Partial<Declared> = {}): Declared {
  return {
    spec: specOf(request),
    outputs,
    expectedBatches: undefined,
    expectedSamples: undefined,
    metadata: {},
    ...more,
  }
}

export async function declare(evaluations: Evaluations, name: string, declared: Declared): Promise<OpenEvaluation> {
  const result = await evaluations.declare(owner, name, declared)
  if (!('evaluation' in result)) throw new Error(`${name}: ${result.outcome}`)
  return result.evaluation
}

export async function found(evaluations: Evaluations, name: string): Promise<OpenEvaluation> {
  const evaluation = await evaluations.find(owner, name)
  if (evaluation === undefined) throw new Error(`there is no ${name}`)
  return evaluation
}

/** A batch evaluated as its evaluation was declared. */
export function evaluated(evaluation: DeclaredEvaluation, name: string, request: Request): EvaluatedBatch {
  const context = { ...unlimited, maxStateBytes: Number.POSITIVE_INFINITY }
  return finish(evaluateBatch(evaluation, name, tensorsOf(request), context)).batch
}

/** Stores requests as batches, all at once, under the names b0, b1, ... */
export async function put(
  evaluations: Evaluations,
  evaluation: OpenEvaluation,
  requests: readonly Request[],
  first = 0,
): Promise<Batch[]> {
  const batches = requests.map((request, at) => evaluated(evaluation, `b${first + at}`, request))
  const results = await evaluations.put(evaluation, batches)
  return results.map((result) => {
    if (!('batch' in result)) throw new Error(result.outcome)
    return result.batch
  })
}

/** The report as JSON, which has every bit of every number. */
export async function reportOf(evaluations: Evaluations, name: string, task = newTask()): Promise<string> {
  return evaluations.report(await found(evaluations, name), task, async (total) =>
    JSON.stringify(finish(answerOf(total))),
  )
}

/** One request for each row of a request. */
export function byRow(request: Request): Request[] {
  return cutAt(request, () => 1)
}

/** The rows of a request in consecutive batches. @param sizeOf the rows of each */
export function cutAt(request: Request, sizeOf: (batch: number) => number): Request[] {
  const { predictions, labels, sampleWeights } = request
  const all = predictions as unknown[]
  const batches: Request[] = []
  for (let from = 0; from < all.length; ) {
    const to = from + sizeOf(batches.length)
    batches.push({
      ...request,
      predictions: all.slice(from, to),
      labels: (labels as unknown[]).slice(from, to),
      sampleWeights: sampleWeights?.slice(from, to),
    })
    from = to
  }
  return batches
}

/** The rows of requests as one. */
export function together(requests: readonly Request[]): Request {
  const [first] = requests
  return {
    ...first,
    predictions: requests.flatMap(({ predictions }) => predictions),
    labels: requests.flatMap(({ labels }) => labels),
    sampleWeights: first.sampleWeights && requests.flatMap(({ sampleWeights = [] }) => sampleWeights),
  }
}

/** Rows of three classes whose numbers have no short sums, with every mergeable section. */
export function classRows(count: number): Request {
  const next = pseudoRandom(count)
  const rows = Array.from({ length: count }, () => {
    const parts = [next(), next(), next()]
    const sum = parts[0] + parts[1] + parts[2]
    return parts.map((part) => part / sum)
  })
  return {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: rows,
    labels: rows.map(() => Math.floor(3 * next())),
    sampleWeights: rows.map(() => 2 * next()),
    include: ['perClass', 'confusion', 'calibration'],
  }
}

/** Numbers between 0 and 1, the same each time. */
export function pseudoRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

/** How far so many batches of an evaluation go. */
export async function headAt({ store, evaluation }: Batches, batches: number): Promise<Head> {
  if (batches === 0) return noBatches
  const [{ digest }] = await store.listBatches(evaluation, { after: batches - 1, limit: 1 })
  return { batches, digest }
}
