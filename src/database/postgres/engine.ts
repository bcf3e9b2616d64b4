import type { ClientBase } from 'pg'
import pg from 'pg'
import { StoreUnavailable } from '../errors.ts'
import type { SqlEngine, Statement } from '../sql/engine.ts'
import { asStartError, asStoreError } from './errors.ts'
import { migrate } from './migrate.ts'

const int8 = 20

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
}

export class PostgresEngine implements SqlEngine {
  readonly #pool: pg.Pool
  #migrated: Promise<void> | undefined
  #isClosed = false

  constructor(url: string) {
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'lossmeter',
      types,
      pipeline: true,
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
    const { rows } = await this.run((client) => client.query(text, [...values]))
    return rows
  }

  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]> {
    return this.run(async (client) => {
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
      throw asStoreError(error)
    }
  }

  async #prepare(): Promise<void> {
    this.#migrated ??= this.#withClient(migrate)
    try {
      await this.#migrated
    } catch (error) {
      this.#migrated = undefined
      throw error
    }
  }

  async #withClient<Result>(work: (client: ClientBase) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    try {
      const result = await work(client)
      client.release()
      return result
    } catch (error) {
      client.release(true)
      throw error
    }
  }
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
