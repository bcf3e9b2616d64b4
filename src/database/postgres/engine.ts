import type { ClientBase } from 'pg'
import pg from 'pg'
import { StoreUnavailable } from '../errors.ts'
import type { Counts, Decision, StoredBatch } from '../sql/decide.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules, SqlEngine, Statement } from '../sql/engine.ts'
import { batchColumns } from '../sql/schema.ts'
import type { NewBatch, PutResult } from '../store.ts'
import type { ElementType } from './binary-array.ts'
import { bigint, binaryArray, bytea, double, text } from './binary-array.ts'
import { asStartError, asStoreError } from './errors.ts'
import { ExpectedCounts } from './expected-counts.ts'
import { ChangeListener } from './listener.ts'
import { migrate } from './migrate.ts'

const int8 = 20

/** BIGINTs as numbers: what is stored is counts, ids and times, far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)),
}

/** A PostgreSQL database, which any number of replicas may share. */
export class PostgresEngine implements SqlEngine {
  readonly announcesOwn = true
  readonly #url: string
  readonly #pool: pg.Pool
  readonly #expected = new ExpectedCounts()
  #migrated: Promise<void> | undefined
  #listener: ChangeListener | undefined
  #isClosed = false

  /**
   * Connects and brings the schema up to date. If the database is out of reach, each operation tries again.
   *
   * @throws StoreUnusable where that would be in vain
   */
  static async open(url: string): Promise<PostgresEngine> {
    const engine = new PostgresEngine(url)
    try {
      await engine.#prepare()
    } catch (error) {
      const startError = asStartError(error)
      if (startError !== undefined) {
        await engine.close()
        throw startError
      }
    }
    return engine
  }

  private constructor(url: string) {
    this.#url = url
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: 'lossmeter',
      types,
      // statements that do not wait for each other's results travel together
      pipeline: true,
      connectionTimeoutMillis: 3000,
      query_timeout: 10_000,
      onConnect: prepareConnection,
    })
    // of an idle connection: the pool replaces it
    this.#pool.on('error', ignore)
  }

  async query<Row>({ text, values }: Statement): Promise<Row[]> {
    const { rows } = await this.#run((client) => client.query(text, [...values]))
    return rows
  }

  transaction<Row>(statements: readonly Statement[], lock?: string): Promise<Row[][]> {
    return this.#run(async (client) => {
      const start = [client.query(begin)]
      if (lock !== undefined) start.push(client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]))
      const results = statements.map(({ text, values }) => client.query(text, [...values]))
      const [rows] = await Promise.all([Promise.all(results), ...start, client.query('COMMIT')])
      return rows.map((result) => result.rows)
    })
  }

  putBatches(batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    return this.#run(async (client) => {
      return (await this.#putAsExpected(client, batches, rules)) ?? this.#put(client, batches, rules)
    })
  }

  async #put(client: ClientBase, batches: readonly NewBatch[], rules: PutRules): Promise<PutResult[]> {
    const ids = batches.map(({ evaluation }) => evaluation)
    const names = batches.map(({ name }) => name)
    // each statement sees what was committed before it began: the second one all that came before the locks
    const [, evaluations, stored] = await inOnePiece(client, () =>
      Promise.all([
        client.query(begin),
        client.query<Counts>({ ...lockEvaluations, values: [[...new Set(ids)]] }),
        client.query<StoredBatch>({ ...findStored, values: [ids, names] }),
      ]),
    )
    const decision = decide(batches, evaluations.rows, stored.rows, rules)
    const { results, inserts, changed } = decision
    await inOnePiece(client, () => {
      const writes = inserts.length > 0 ? [client.query({ ...writeBatches, values: valuesOf(decision, rules) })] : []
      return Promise.all([...writes, client.query('COMMIT')])
    })
    this.#expected.note(evaluations.rows, changed)
    return results
  }

  /**
   * Puts batches that are likely to be new, to evaluations that are likely to be as they were left, without asking first: that
   * spares the answer that each commit would wait for.
   *
   * @returns undefined, and nothing is written, where it was otherwise
   */
  async #putAsExpected(
    client: ClientBase,
    batches: readonly NewBatch[],
    rules: PutRules,
  ): Promise<PutResult[] | undefined> {
    const ids = [...new Set(batches.map(({ evaluation }) => evaluation))]
    const expected = this.#expected.of(ids)
    if (expected === undefined) return undefined
    const decision = decide(batches, expected, [], rules)
    const values = [...valuesOf(decision, rules), ...countsOf(expected)]
    // a statement by itself is a transaction
    const { rowCount } = await client.query({ ...writeAsExpected, values })
    if (rowCount === 0) {
      this.#expected.forget(ids)
      return undefined
    }
    this.#expected.note(expected, decision.changed)
    return decision.results
  }

  listen(listener: (evaluation?: number) => void): void {
    this.#listener = new ChangeListener(this.#url, listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#listener?.close()
    await this.#pool.end()
  }

  async #run<Result>(run: (client: ClientBase) => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw new StoreUnavailable('closed')
    try {
      await this.#prepare()
      return await this.#withClient(run)
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

  async #withClient<Result>(run: (client: ClientBase) => Promise<Result>): Promise<Result> {
    const client = await this.#pool.connect()
    try {
      const result = await run(client)
      client.release()
      return result
    } catch (error) {
      // with its connection a transaction ends, too
      client.release(true)
      throw error
    }
  }
}

/** Sends what is asked for at once: each piece would wake the database up by itself. */
function inOnePiece<Result>(client: pg.ClientBase, ask: () => Result): Result {
  const { stream } = (client as pg.Client).connection
  stream.cork()
  try {
    return ask()
  } finally {
    stream.uncork()
  }
}

const begin = 'BEGIN'

// these have names, so that a connection plans each once

const lockEvaluations = {
  name: 'lock evaluations',
  // in one order, so that two replicas cannot wait for each other
  text: `SELECT id, status, batches, samples FROM evaluations
    WHERE id = ANY($1::bigint[]) AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE`,
}

const findStored = {
  name: 'find stored',
  text: `SELECT stored.* FROM unnest($1::bigint[], $2::text[]) AS put (evaluation, name) CROSS JOIN LATERAL
    (SELECT evaluation, fingerprint, ${batchColumns} FROM batches
     WHERE batches.evaluation = put.evaluation AND batches.name = put.name LIMIT 1) AS stored`,
}

/**
 * @param conditions tables made before, of which `condition` has one row where the batches are to be written, and otherwise none
 */
function writing(conditions?: string): string {
  const [first, from] = conditions === undefined ? ['', ''] : [`${conditions}, `, 'condition, ']
  return `WITH ${first}inserted AS (
      INSERT INTO batches
        (evaluation, sequence, name, fingerprint, labels_digest, samples, loss, loss_status, accuracy, state, created_at)
      SELECT put.*, $11::bigint FROM ${from}unnest($1::bigint[], $2::bigint[], $3::text[], $4::bytea[], $5::bytea[],
        $6::bigint[], $7::double precision[], $8::text[], $9::double precision[], $10::bytea[]) AS put)
    UPDATE evaluations SET batches = put.batches, samples = put.samples, updated_at = $11
    FROM ${from}unnest($12::bigint[], $13::bigint[], $14::bigint[]) AS put (id, batches, samples)
    WHERE evaluations.id = put.id`
}

const writeBatches = { name: 'write batches', text: writing() }

// whoever stores a batch changes the counts of its evaluation: while these are as expected under the lock, no name has come
// that this statement does not see
const writeAsExpected = {
  name: 'write as expected',
  text: writing(`found AS (
      SELECT evaluations.id FROM unnest($15::bigint[], $16::bigint[], $17::bigint[]) AS expected (id, batches, samples)
        JOIN evaluations USING (id, batches, samples) WHERE status = 'open' ORDER BY id FOR NO KEY UPDATE OF evaluations),
    condition AS (SELECT WHERE (SELECT count(*) FROM found) = cardinality($15)
      AND NOT EXISTS (SELECT FROM unnest($1::bigint[], $3::text[]) AS put (evaluation, name)
        JOIN batches USING (evaluation, name)))`),
}

function valuesOf({ inserts, changed }: Decision, { now }: PutRules): unknown[] {
  const column = <Value>(type: ElementType<Value>, of: (insert: (typeof inserts)[number]) => Value | null) =>
    binaryArray(type, inserts.map(of))
  return [
    column(bigint, ({ batch }) => batch.evaluation),
    column(bigint, ({ sequence }) => sequence),
    column(text, ({ batch }) => batch.name),
    column(bytea, ({ batch }) => batch.fingerprint),
    column(bytea, ({ batch }) => batch.labelsDigest),
    column(bigint, ({ batch }) => batch.samples),
    column(double, ({ batch }) => batch.loss),
    column(text, ({ batch }) => batch.lossStatus),
    column(double, ({ batch }) => batch.accuracy),
    column(bytea, ({ batch }) => batch.state),
    now,
    ...countsOf(changed),
  ]
}

function countsOf(evaluations: readonly Counts[]): Buffer[] {
  const column = (of: (counts: Counts) => number) => binaryArray(bigint, evaluations.map(of))
  return [column(({ id }) => id), column(({ batches }) => batches), column(({ samples }) => samples)]
}

/**
 * Every table is read by an index: a plan that was made while it was small would go on reading all of it. So plans are kept,
 * and need not be made anew for the values of each call. Each statement sees what was committed before it began.
 */
const settings = `SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan;
  SET default_transaction_isolation = 'read committed';
  SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'`

/** What is acknowledged must be durable, also where the database has another default. */
async function prepareConnection(client: ClientBase): Promise<void> {
  client.on('error', ignore)
  await client.query(settings)
  await client.query(
    `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`,
  )
}

function ignore(): void {}
