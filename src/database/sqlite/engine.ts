import type { TurnLoad, WaitWatch } from '../../runtime/turns.ts'
import { onBehalfOf } from '../caller.ts'
import { StoreUnavailable, StoreUnusable } from '../errors.ts'
import type { FoundRow, HalvesResult, HalvesWrite } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import type { Statement } from '../sql/engine.ts'
import type { EvaluationEngine, PutRules } from '../sql/evaluation-engine.ts'
import type { MigrationLog } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import { StoreTurns } from '../turns.ts'
import { pack, unpack } from './packing.ts'
import { SqliteThread } from './thread.ts'

const pollMilliseconds = 250
/** One runs, and the next one is there when it ends. */
const atOnce = 2
const inMemory = ':memory:'

/** A SQLite file: one thread writes, and another one reads, also while a writer is locked out. */
export class SqliteEngine implements EvaluationEngine {
  readonly binaryName = 'name'
  readonly position = 'instr'
  readonly #writer: SqliteThread
  readonly #reader: SqliteThread
  readonly #writes: StoreTurns
  readonly #reads: StoreTurns
  #poll: NodeJS.Timeout | undefined

  /** Opens a file, or with the path ":memory:" a database that is gone when it is closed. */
  static async open(
    path: string,
    lockMilliseconds = 2000,
    log?: MigrationLog,
    waited?: WaitWatch,
  ): Promise<SqliteEngine> {
    const engine = new SqliteEngine(path, lockMilliseconds, log, waited)
    try {
      await engine.#writer.call('hasChanged')
      // while the file is there
      await engine.#reader.call('query', { text: 'SELECT 1', values: [] })
      return engine
    } catch (error) {
      await engine.close()
      throw unusable(path, error)
    }
  }

  private constructor(path: string, lockMilliseconds: number, log?: MigrationLog, waited?: WaitWatch) {
    this.#writes = new StoreTurns(atOnce, waited)
    this.#writer = new SqliteThread({ path, lockMilliseconds, isReader: false }, log)
    // a database in memory has one connection
    const isShared = path !== inMemory
    this.#reader = isShared ? new SqliteThread({ path, lockMilliseconds, isReader: true }) : this.#writer
    this.#reads = isShared ? new StoreTurns(atOnce, waited) : this.#writes
  }

  isAmongHalves(found: string): string {
    return `id IN (SELECT id ${found})`
  }

  get load(): TurnLoad {
    if (this.#reads === this.#writes) return this.#writes.load
    const [one, other] = [this.#writes.load, this.#reads.load]
    return {
      waiting: one.waiting + other.waiting,
      waitMilliseconds: Math.max(one.waitMilliseconds, other.waitMilliseconds),
      refused: one.refused + other.refused,
    }
  }

  async ready(): Promise<void> {}

  ping(): Promise<void> {
    return this.#writes.run(() => this.#writer.call('tryToWrite'))
  }

  query<Row>(statement: Statement): Promise<Row[]> {
    return this.#read(async () => unpack(await this.#reader.call('query', statement)) as Row[])
  }

  readHalves(evaluation: EvaluationKey, ids: readonly string[]): Promise<FoundRow[]> {
    return this.#read(async () => [...unpack(await this.#reader.call('readHalves', evaluation, ids))])
  }

  putHalves(writes: readonly HalvesWrite[], rules: PutRules): Promise<HalvesResult[]> {
    return onBehalfOf(undefined, () => this.#writes.run(() => this.#writer.call('putHalves', writes, rules)))
  }

  #read<Row>(read: () => Promise<Row[]>): Promise<Row[]> {
    return this.#reads.run(async () => {
      try {
        return await read()
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || error.reason !== 'restored') throw error
        // the writer brings a restored file up to date
        await this.#writer.call('refresh')
        return read()
      }
    })
  }

  write<Row>(statement: Statement): Promise<Row[]> {
    return this.#writes.run(async () => unpack(await this.#writer.call('write', statement)) as Row[])
  }

  transaction<Row>(statements: readonly Statement[]): Promise<Row[][]> {
    return this.#writes.run(() => this.#writer.call('transaction', statements) as Promise<Row[][]>)
  }

  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    return onBehalfOf(undefined, () => this.#writes.run(() => this.#writer.call('putBatches', pack(batches), rules)))
  }

  listen(listener: () => void): void {
    const look = () => this.#writer.call('hasChanged').then((hasChanged) => hasChanged && listener(), ignore)
    this.#poll = setInterval(look, pollMilliseconds).unref()
  }

  /** Other processes look by themselves. */
  announce(): void {}

  async close(): Promise<void> {
    clearInterval(this.#poll)
    await Promise.all([...new Set([this.#writer, this.#reader])].map((thread) => thread.close()))
  }
}

function unusable(path: string, error: unknown): StoreUnusable {
  const { message } = error instanceof StoreUnavailable && error.cause instanceof Error ? error.cause : (error as Error)
  return new StoreUnusable(`${path} cannot be opened: ${message}`, { cause: error })
}

function ignore(): void {}
