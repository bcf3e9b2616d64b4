import { createHash } from 'node:crypto'
import type { EvaluationKey } from '../../src/database/history.ts'
import type { Declaration, Evaluation, NewBatch, StatePage, Store } from '../../src/database/store.ts'

export const limits = { maxEvaluations: 5, maxShownEvaluations: 2, maxBatches: 1500 }

export const declaration: Declaration = {
  declaration: '{"loss":"mse","outputs":1}',
  expectedBatches: null,
  expectedSamples: null,
}

export const nowhere: EvaluationKey = { id: -1, incarnation: '00' }

/** A batch whose content is what is given. */
export function batchOf(
  evaluation: EvaluationKey,
  name: string,
  content = name,
  samples = 2,
  labels = 'labels',
): NewBatch {
  return {
    evaluation,
    name,
    fingerprint: createHash('sha256').update(content).digest(),
    labelsDigest: createHash('sha256').update(labels).digest(),
    samples,
    loss: 0.1 + content.length,
    lossStatus: 'finite',
    accuracy: 1 / 3,
    window: null,
    state: Buffer.from(`state of ${content}`),
  }
}

/** Declares an evaluation that is not there yet. */
export async function declareNew(store: Store, owner: string, name: string, more: Partial<Declaration> = {}) {
  const result = await store.declare(owner, name, { ...declaration, ...more })
  if (result.outcome !== 'created') throw new Error(`${name}: ${result.outcome}`)
  return result.evaluation
}

/** The names of evaluations or batches. */
export function namesOf(list: readonly { readonly name: string }[]): string[] {
  return list.map(({ name }) => name)
}

export async function pagesOf(store: Store, evaluation: EvaluationKey, after = 0, last?: number): Promise<StatePage[]> {
  const pages: StatePage[] = []
  for await (const page of store.states(evaluation, { batches: after }, last)) pages.push(page)
  return pages
}

/** All states of an evaluation, each as text with its sequence. */
export async function statesOf(store: Store, evaluation: Evaluation, after?: number, last?: number): Promise<string[]> {
  const pages = await pagesOf(store, evaluation, after, last)
  return pages.flatMap(({ states }) => states).map(({ state }, at) => `${(after ?? 0) + at + 1} ${Buffer.from(state)}`)
}

/** Sweeps until nothing is left to do. */
export async function sweepAll(store: Store, before?: number): Promise<void> {
  while (await store.sweep(before));
}
