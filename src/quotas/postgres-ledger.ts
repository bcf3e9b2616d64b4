import { hash } from 'node:crypto'
import { PostgresEngine } from '../database/postgres/engine.ts'
import type { SqlEngine, Statement } from '../database/sql/engine.ts'
import type { Ask, Grant, Ledger } from './ledger.ts'
import { grantDivisor } from './ledger.ts'

/** Serializes the transactions of all replicas. */
const lock = 'lossmeter quotas'

/** A count lasts a minute and need not survive a crash of the database. */
const asynchronousCommit: Statement = { text: 'SET LOCAL synchronous_commit = off', values: [] }

/** `decide` in SQL. */
const takeText = `WITH asks AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS ask
      (place bigint, key text, minute bigint, most bigint, owed bigint, need bigint, want bigint)),
  booked AS (
    SELECT asks.*, GREATEST(0, COALESCE(quotas.count, 0) + owed) AS booked
    FROM asks LEFT JOIN quotas ON quotas.key = asks.key AND quotas.minute = asks.minute),
  rests AS (SELECT *, GREATEST(0, most - booked) AS rest FROM booked),
  decided AS (SELECT *, LEAST(want, GREATEST(LEAST(need, rest), rest / ${grantDivisor})) AS granted FROM rests),
  written AS (
    INSERT INTO quotas (minute, key, count) SELECT minute, key, booked + granted FROM decided
    ON CONFLICT (minute, key) DO UPDATE SET count = excluded.count)
  SELECT granted, rest - granted AS left FROM decided ORDER BY place`

/** The counts that replicas share by their PostgreSQL database, on a connection of its own. */
export class PostgresLedger implements Ledger {
  readonly #url: string
  #engine: Promise<SqlEngine> | undefined
  #minute = 0

  /** Connects at the first `take`. */
  constructor(url: string) {
    this.#url = url
  }

  /** Rejects with `StoreUnavailable`, `StoreUnusable`. No two of the asks may be about one key in one minute. */
  async take(asks: readonly Ask[]): Promise<readonly Grant[]> {
    const engine = await this.#open()
    const results = await engine.transaction<Grant>([asynchronousCommit, ...this.#tidy(asks), statementOf(asks)], lock)
    return results[results.length - 1]
  }

  async close(): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined)
    await engine?.close()
  }

  async #open(): Promise<SqlEngine> {
    this.#engine ??= new PostgresEngine(this.#url).start()
    try {
      return await this.#engine
    } catch (error) {
      this.#engine = undefined
      throw error
    }
  }

  /** Deletes past minutes, once a minute; the clocks of replicas may differ by one. */
  #tidy(asks: readonly Ask[]): Statement[] {
    const latest = asks.reduce((last, { minute }) => Math.max(last, minute), 0)
    if (latest <= this.#minute) return []
    this.#minute = latest
    return [{ text: 'DELETE FROM quotas WHERE minute < $1', values: [latest - 1] }]
  }
}

function statementOf(asks: readonly Ask[]): Statement {
  const rows = asks.map(({ key, limit, ...ask }, place) => ({
    ...ask,
    place,
    most: limit,
    // names may be long, and addresses are private
    key: hash('sha256', key, 'base64url'),
  }))
  return { text: takeText, values: [JSON.stringify(rows)] }
}
