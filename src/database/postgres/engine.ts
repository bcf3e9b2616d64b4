import { setTimeout as sleep } from 'node:timers/promises'
import type { ClientBase } from 'pg'
import pg from 'pg'
import type { TurnLoad, WaitWatch } from '../../runtime/turns.ts'
import { currentCaller } from '../caller.ts'
import { StoreUnavailable } from '../errors.ts'
import type { SqlEngine, Statement } from '../sql/engine.ts'
import type { MigrationLog } from '../sql/schema.ts'
import { StoreTurns } from '../turns.ts'
import { asStartError, asStoreError, isOfSchema } from './errors.ts'
import { isCurrent, migrate } from './migrate.ts'

const int8 = 20
const connections = 10
/** Those that other operations leave free. */
const connectionsForBatches = 2
/** Operations wait so long for a migration. */
const migrationMilliseconds = 3000

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
}

export class PostgresEngine implements SqlEngine {
  readonly #pool: pg.Pool
  readonly #turns: StoreTurns
  readonly #url: string
  readonly #log: MigrationLog | undefined
  #migrated: Promise<void> | undefined
  #isMigrated = false
  #isClosed = false

  constructor(url: string, log?: MigrationLog, waited?: WaitWatch) {
    this.#turns = new StoreTurns(connections - connectionsForBatches, waited)
    this.#url = url
    this.#log = log
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'lossmeter',
      types,
      pipeline: true,
      max: connections,
      connectionTimeoutMillis: 3000,
      query_timeout: 10_000,
      onConnect: prepareConnection,
    })
    this.#pool.on('error', ignore)
  }

  /** If the database is out of reach, each operation tries again. @throws StoreUnusable where that would be in vain */
  async start(): Promise<this> {
    try {
      await this.#prepare()
    } catch (error) {
      const startError = asStartError(error)
      if (startError !== undefined) {
        await this.close()
        throw startError
      }
    }
    return this
  }

  async query<Row>({ text, values }: Statement): Promise<Row[]> {
    const { rows } = await this.inTurn((client) => client.query(text, [...values]))
    return rows
  }

  write<Row>(statement: Statement): Promise<Row[]> {
    return this.query(statement)
  }

  get load(): TurnLoad {
    return this.#turns.load
  }

  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]> {
    return this.inTurn(async (client) => {
      const start = [client.query('BEGIN')]
      if (lock !== undefined) start.push(client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]))
      const results = statements.map(({ text, values }) => client.query(text, [...values]))
      const [rows] = await Promise.all([Promise.all(results), ...start, client.query('COMMIT')])
      return rows.map((result) => result.rows)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#pool.end()
  }

  async run<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailable('closed')
    try {
      await this.#prepare()
      return await this.#withClient(work)
    } catch (error) {
      if (isOfSchema(error) && (await this.#hasOlderSchema())) throw new StoreUnavailable('restored', error)
      throw asStoreError(error)
    }
  }

  /** If it has, the database was restored, and the next operation brings it up to date. */
  async #hasOlderSchema(): Promise<boolean> {
    if (await this.#withClient(isCurrent).catch(() => true)) return false
    this.#isMigrated = false
    this.#migrated = undefined
    return true
  }

  /** The same, in turns of those who ask. */
  inTurn<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    return this.#turns.run(() => this.run(work))
  }

  /** Fulfilled when the schema is up to date, however long that takes. */
  async ready(): Promise<void> {
    try {
      this.#migrated ??= this.#migrate()
      await this.#migrated
    } catch (error) {
      throw asStoreError(error)
    }
  }

  async #prepare(): Promise<void> {
    if (this.#isMigrated) return
    this.#migrated ??= this.#migrate()
    await Promise.race([this.#migrated, late()])
  }

  async #migrate(): Promise<void> {
    try {
      if (!(await this.#withClient(isCurrent))) await this.#bringUpToDate()
      this.#isMigrated = true
    } catch (error) {
      // the next operation tries again
      this.#migrated = undefined
      throw error
    }
  }

  async #bringUpToDate(): Promise<void> {
    // a migration may take long
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: 'lossmeter migration',
      connectionTimeoutMillis: 3000,
    })
    client.on('error', ignore)
    await client.connect()
    try {
      await migrate(client, this.#log)
    } finally {
      client.connection.stream.destroy()
    }
  }

  async #withClient<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    try {
      const begin = performance.now()
      const result = await work(client)
      currentCaller()?.charge(performance.now() - begin)
      client.release()
      return result
    } catch (error) {
      client.release(true)
      throw error
    }
  }
}

async function late(): Promise<never> {
  await sleep(migrationMilliseconds, undefined, { ref: false })
  throw new StoreUnavailable('migrating')
}

/** Each table is read by an index: a plan made while it was small would go on reading all of it. */
const settings = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan;
  SET default_transaction_isolation = 'read committed';
  SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'`

/** Makes commits durable, also where the database has another default. */
async function prepareConnection(client: ClientBase): Promise<void> {
  client.on('error', ignore)
  await client.query(settings)
  await client.query(
    `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
  )
}

function ignore(): void {}
