import { StoreUnavailable } from '../database/errors.ts'
import type { Evaluation } from '../database/store.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Metadata } from './metadata.ts'
import { has, metadataOf } from './metadata.ts'
import type { OpenEvaluation } from './open-evaluation.ts'
import type { Evaluations } from './service.ts'

const standardRows = 250

/** Which evaluations of an owner. */
export interface Selection {
  readonly prefix?: string | undefined
  /** Strings that each must have in its `metadata`. */
  readonly metadata: Metadata
}

/** An evaluation that fits, whether or not this release can read how it is evaluated. */
export interface Selected {
  readonly stored: Evaluation
  /** @throws StoreUnavailable */
  open(): OpenEvaluation
}

/** The newest first, page by page, so that memory does not grow with them. */
export async function* selected(
  evaluations: Evaluations,
  owner: string,
  { prefix, metadata }: Selection,
  task: Task,
  before?: number,
  pageRows = standardRows,
): AsyncGenerator<readonly Selected[]> {
  const containing = longestPair(metadata)
  for (let after = before; ; ) {
    task.stop()
    const page = await evaluations.list(owner, { prefix, containing, after, limit: pageRows })
    task.start()
    if (task.isDue) await task.pause()
    const all = page.map((stored) => ({ stored, open: () => evaluations.open(stored) }))
    yield containing === undefined ? all : await fittingOf(all, metadata, task)
    if (page.length < pageRows) return
    after = page[page.length - 1].id
  }
}

/** As JSON, as it is stored: the database passes over nearly all that do not fit. */
function longestPair(metadata: Metadata): string | undefined {
  const pairs = Object.entries(metadata).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return pairs.sort((one, other) => other.length - one.length)[0]
}

async function fittingOf(page: readonly Selected[], wanted: Metadata, task: Task): Promise<Selected[]> {
  const fitting: Selected[] = []
  for (const each of page) {
    if (has(metadataIn(each), wanted)) fitting.push(each)
    if (task.isDue) await task.pause()
  }
  return fitting
}

/** Also of a declaration of a newer release. */
function metadataIn({ stored, open }: Selected): Metadata {
  try {
    return metadataOf(open())
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error
    return JSON.parse(stored.metadata ?? JSON.stringify(JSON.parse(stored.declaration).metadata ?? {}))
  }
}
