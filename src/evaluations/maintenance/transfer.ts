import type { Head } from '../../database/history.ts'
import { chained, noBatches } from '../../database/history.ts'
import type { WholeBatch, WholeRow } from '../../database/sql/dump.ts'
import {
  allBatches,
  allEvaluations,
  allRows,
  beginImport,
  dropImport,
  endImport,
  importBatches,
  importRows,
} from '../../database/sql/dump.ts'
import type { SqlEngine } from '../../database/sql/engine.ts'
import type { Evaluation, Store } from '../../database/store.ts'
import { StateCodec } from '../codec.ts'
import { readDeclaration } from '../declaration.ts'
import { ended } from './verify.ts'

const batchesPerCommit = 200
const bytesPerCommit = 2 ** 20

/** Which evaluations: those of an owner, of some names, or all. */
export interface Selection {
  readonly owner?: string | undefined
  readonly names: readonly string[]
}

/** An import that cannot go on. The message says why, and begins with the line. */
export class ImportRefused extends Error {
  override readonly name = 'ImportRefused'
}

/**
 * Evaluations as lines of JSON: each its declaration and counts, then its batches, then the digest of the last one. What is
 * stored meanwhile is left out.
 */
export async function* exported(engine: SqlEngine, { owner, names }: Selection): AsyncGenerator<string> {
  const missing = new Set(names)
  for await (const evaluation of allEvaluations(engine)) {
    if (owner !== undefined && evaluation.owner !== owner) continue
    if (names.length > 0 && !names.includes(evaluation.name)) continue
    missing.delete(evaluation.name)
    const { id: _, ...rest } = evaluation
    yield lineOf({ evaluation: rest })
    let { batches } = noBatches
    for await (const batch of allBatches(engine, evaluation, evaluation.batches)) {
      yield lineOf({ batch: written(batch) })
      batches++
    }
    if (readDeclaration(evaluation.declaration).join !== undefined) yield* exportedRows(engine, evaluation)
    // otherwise it was deleted meanwhile, or the store was put back
    if (batches === evaluation.batches) yield lineOf({ end: { batches, digest: evaluation.digest } })
    else throw new Error(`"${evaluation.name}" changed while it was read`)
  }
  if (missing.size > 0) throw new Error(`There is no evaluation ${[...missing].map((name) => `"${name}"`).join(', ')}.`)
}

/** @throws unless the evaluation is as it was: what joined meanwhile would be lost */
async function* exportedRows(engine: SqlEngine, evaluation: Evaluation): AsyncGenerator<string> {
  const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('base64')
  for await (const row of allRows(engine, evaluation)) {
    const { predictionsDigest, labelsDigest, payload } = row
    const bytes = [predictionsDigest, labelsDigest, payload].map(text)
    yield lineOf({ row: { ...row, predictionsDigest: bytes[0], labelsDigest: bytes[1], payload: bytes[2] } })
  }
  for await (const now of allEvaluations(engine, evaluation.id - 1)) {
    if (now.id === evaluation.id && isSame(now, evaluation)) return
    break
  }
  throw new Error(`"${evaluation.name}" changed while it was read; export it while nothing is sent to it`)
}

function isSame(one: Evaluation, other: Evaluation): boolean {
  const counts = ({ digest, waitingPredictions, waitingLabels, expired, updatedAt }: Evaluation) =>
    [digest, waitingPredictions, waitingLabels, expired, updatedAt].join()
  return counts(one) === counts(other)
}

type WrittenBatch = Omit<WholeBatch, 'fingerprint' | 'labelsDigest' | 'state'> &
  Readonly<Record<'fingerprint' | 'labelsDigest' | 'state', string>>

function written(batch: WholeBatch): WrittenBatch {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const { fingerprint, labelsDigest, state, ...rest } = batch
  return { ...rest, fingerprint: text(fingerprint), labelsDigest: text(labelsDigest), state: text(state) }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}

type WrittenRow = Omit<WholeRow, 'predictionsDigest' | 'labelsDigest' | 'payload'> &
  Readonly<Record<'predictionsDigest' | 'labelsDigest' | 'payload', string | null>>

interface Line {
  readonly evaluation?: Omit<Evaluation, 'id' | 'metadata'> & { readonly metadata?: string | null }
  readonly batch?: WrittenBatch
  readonly row?: WrittenRow
  readonly end?: Head
}

export interface Imported {
  readonly imported: number
  /** Those that were there already, with the same batches. */
  readonly present: number
}

/**
 * Stores what `exported` wrote, each evaluation as a whole or not at all. Every digest and state is checked.
 *
 * @throws ImportRefused
 */
export async function imported(engine: SqlEngine, store: Store, lines: AsyncIterable<string>): Promise<Imported> {
  const counts = { imported: 0, present: 0 }
  let number = 0
  let current: Import | undefined
  const refuse = (reason: string): never => {
    throw new ImportRefused(`Line ${number}: ${reason}`)
  }
  try {
    for await (const text of lines) {
      number++
      // what npm prints before the output of a script
      if (/^(?:> .*)?$/.test(text)) continue
      const { evaluation, batch, row, end } = parsed(text, refuse)
      if (evaluation !== undefined) {
        if (current !== undefined) refuse(`the evaluation "${current.evaluation.name}" is not finished before it`)
        current = new Import(engine, { id: 0, metadata: null, ...evaluation }, refuse)
        await current.begin(await store.find(evaluation.owner, evaluation.name))
      } else if (batch !== undefined) {
        await (current ?? refuse('this batch does not follow an evaluation')).add(batch)
      } else if (row !== undefined) {
        await (current ?? refuse('this row does not follow an evaluation')).addRow(row)
      } else if (end !== undefined) {
        const isNew = await (current ?? refuse('this end does not follow an evaluation')).end(end)
        counts[isNew ? 'imported' : 'present']++
        current = undefined
      } else refuse('neither "evaluation" nor "batch" nor "row" nor "end"')
    }
    if (current !== undefined) refuse(`the file ends before the evaluation "${current.evaluation.name}" does`)
  } catch (error) {
    await current?.drop()
    throw error
  }
  return counts
}

function parsed(text: string, refuse: (reason: string) => never): Line {
  try {
    return JSON.parse(text) as Line
  } catch (error) {
    return refuse((error as Error).message)
  }
}

/** One evaluation that is imported. */
class Import {
  readonly evaluation: Evaluation
  readonly #engine: SqlEngine
  readonly #refuse: (reason: string) => never
  readonly #codec: StateCodec
  #id: number | undefined
  #head = noBatches
  #samples = 0
  #waiting: WholeBatch[] = []
  #rows: WholeRow[] = []
  readonly #counts = { waitingPredictions: 0, waitingLabels: 0 }
  #bytes = 0

  constructor(engine: SqlEngine, evaluation: Evaluation, refuse: (reason: string) => never) {
    this.#engine = engine
    this.evaluation = evaluation
    this.#refuse = refuse
    const { spec, outputs } = readDeclaration(evaluation.declaration)
    this.#codec = new StateCodec(spec, outputs)
  }

  /** @param present what is there under the name */
  async begin(present: Evaluation | undefined): Promise<void> {
    const { incarnation, batches, digest, name } = this.evaluation
    if (present === undefined) {
      this.#id = await beginImport(this.#engine, this.evaluation, Date.now())
    } else if (present.incarnation !== incarnation || present.batches !== batches || present.digest !== digest) {
      this.#refuse(`the evaluation "${name}" already exists with other batches; delete it first`)
    }
  }

  async add({ fingerprint, labelsDigest, state, ...rest }: WrittenBatch): Promise<void> {
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'))
    const batch: WholeBatch = {
      ...rest,
      // exports of earlier releases have none
      window: rest.window ?? null,
      fingerprint: bytes(fingerprint),
      labelsDigest: bytes(labelsDigest),
      state: bytes(state),
    }
    const { sequence, name, digest } = batch
    if (sequence !== this.#head.batches + 1) this.#refuse(`batch ${this.#head.batches + 1} is missing`)
    if (digest !== null && digest !== chained(this.evaluation.incarnation, this.#head, batch)) {
      this.#refuse(`the batch "${name}" does not match its digest`)
    }
    try {
      ended(this.#codec.read(batch.state))
    } catch (error) {
      this.#refuse(`the state of the batch "${name}" cannot be read: ${(error as Error).message}`)
    }
    this.#head = { batches: sequence, digest }
    this.#samples += batch.samples
    this.#bytes += batch.state.length
    if (this.#waiting.push(batch) >= batchesPerCommit || this.#bytes >= bytesPerCommit) await this.#write()
  }

  async addRow({ predictionsDigest, labelsDigest, payload, ...rest }: WrittenRow): Promise<void> {
    const bytes = (text: string | null) => (text === null ? null : new Uint8Array(Buffer.from(text, 'base64')))
    const row = {
      ...rest,
      predictionsDigest: bytes(predictionsDigest),
      labelsDigest: bytes(labelsDigest),
      payload: bytes(payload),
    }
    if (labelsDigest === null) this.#counts.waitingPredictions++
    else if (predictionsDigest === null) this.#counts.waitingLabels++
    if (this.#rows.push(row) >= batchesPerCommit) await this.#write()
  }

  /** @returns whether it was not there before */
  async end({ batches, digest }: Head): Promise<boolean> {
    const { evaluation } = this
    const isWhole = batches === this.#head.batches && digest === this.#head.digest && batches === evaluation.batches
    if (!isWhole || evaluation.digest !== digest || evaluation.samples !== this.#samples) {
      this.#refuse(`the evaluation "${evaluation.name}" has other batches than its end states`)
    }
    const { waitingPredictions = 0, waitingLabels = 0 } = evaluation
    if (this.#counts.waitingPredictions !== waitingPredictions || this.#counts.waitingLabels !== waitingLabels) {
      this.#refuse(`the evaluation "${evaluation.name}" has other rows than its counts state`)
    }
    if (this.#id === undefined) return false
    await this.#write()
    if (!(await endImport(this.#engine, this.#id, evaluation))) {
      this.#refuse(`an evaluation "${evaluation.name}" was declared in the meantime`)
    }
    return true
  }

  async drop(): Promise<void> {
    if (this.#id !== undefined) await dropImport(this.#engine, this.#id)
  }

  async #write(): Promise<void> {
    if (this.#id !== undefined && this.#waiting.length > 0) await importBatches(this.#engine, this.#id, this.#waiting)
    if (this.#id !== undefined && this.#rows.length > 0) await importRows(this.#engine, this.#id, this.#rows)
    this.#waiting = []
    this.#rows = []
    this.#bytes = 0
  }
}
