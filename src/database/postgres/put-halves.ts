import type { ClientBase } from 'pg'
import type { FoundRow, Half, HalvesResult, HalvesWrite } from '../halves.ts'
import { digestAt, payloadAt } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import { bytesOf } from '../history.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { HalfCounts } from '../sql/halves.ts'
import { count, halfColumns, halfCountColumns, refusalOf, states } from '../sql/halves.ts'
import type { CountsRow } from '../sql/rows.ts'
import { countsOfRow } from '../sql/rows.ts'
import type { PutResult } from '../store.ts'
import type { BinaryArray } from './binary-array.ts'
import { bigint, binaryArray, buffersOf, bytea, column, text } from './binary-array.ts'
import { inOnePiece, writeDecided } from './put-batches.ts'
import { PutRows } from './put-rows.ts'

export async function readHalves(
  client: ClientBase,
  { id, incarnation }: EvaluationKey,
  ids: readonly string[],
): Promise<FoundRow[]> {
  const [asked] = buffersOf([binaryArray(text, ids)])
  const values = [id, asked, bytesOf(incarnation)]
  const { rows } = await client.query<FoundRow>({ ...selectRows, values })
  return rows
}

/**
 * Writes all in one transaction. Where the store is not as some of them were read, each has a transaction of its own, so that
 * only those are refused.
 */
export async function putHalves(
  client: ClientBase,
  writes: readonly HalvesWrite[],
  rules: PutRules,
): Promise<HalvesResult[]> {
  const together = await putTogether(client, writes, rules)
  if (together !== undefined) return together
  if (writes.length === 1) return [{ outcome: 'changed' }]
  const results: HalvesResult[] = []
  for (const write of writes) results.push(...(await putHalves(client, [write], rules)))
  return results
}

/** @returns undefined, and nothing is written, where the store is not as it was read */
async function putTogether(
  client: ClientBase,
  writes: readonly HalvesWrite[],
  rules: PutRules,
): Promise<HalvesResult[] | undefined> {
  const ids = [...new Set(writes.map(({ evaluation }) => evaluation.id))]
  const [evaluations] = buffersOf([binaryArray(bigint, ids)])
  const [, locked] = await inOnePiece(client, () =>
    Promise.all([
      client.query('BEGIN'),
      client.query<CountsRow & HalfCounts>({ ...lockEvaluations, values: [evaluations] }),
    ]),
  )
  const found = new Map(locked.rows.map((row) => [row.id, { ...row, ...countsOfRow(row) }]))
  const written: HalvesWrite[] = []
  const refusals = writes.map((write) => {
    const counts = found.get(write.evaluation.id)
    const refusal = refusalOf(write, counts, rules)
    if (refusal === undefined && counts !== undefined) {
      written.push({ ...write, expiresAt: count(counts, write) })
      // those of the group after it have less room
      counts.batches += write.batches.length
    }
    return refusal
  })
  if (written.length === 0) {
    await client.query('ROLLBACK')
    return refusals.map((outcome) => ({ outcome: outcome ?? 'changed' }))
  }
  const batches = written.flatMap((write) => write.batches)
  const batchRows = new PutRows([], rules.now)
  const decision = decide(batches, locked.rows.map(countsOfRow), batchRows, rules)
  const isAsRead = await inOnePiece(client, async () => {
    const rows = changesOf(written).map(({ expected, ...query }) => ({ expected, result: client.query(query) }))
    const [...counted] = await Promise.all([
      ...rows.map(async ({ expected, result }) => (await result).rowCount === expected),
      ...(decision.changed.length > 0
        ? [writeDecided(client, batchRows, decision.changed, rules).then(() => true)]
        : []),
      client.query({ ...updateCounts, values: countsAfter([...found.values()]) }).then(() => true),
    ])
    return counted.every(Boolean)
  })
  await client.query(isAsRead ? 'COMMIT' : 'ROLLBACK')
  if (!isAsRead) return undefined
  let at = 0
  const results = written.map((write): HalvesResult => {
    const own: readonly PutResult[] = decision.results.slice(at, at + write.batches.length)
    at += write.batches.length
    return { outcome: 'committed', batches: own }
  })
  return refusals.map((outcome) => (outcome === undefined ? (results.shift() as HalvesResult) : { outcome }))
}

interface Change {
  readonly name: string
  readonly text: string
  readonly values: Buffer[]
  /** How many rows it has to change. */
  readonly expected: number
}

/** The statements that write all halves. */
function changesOf(writes: readonly HalvesWrite[]): Change[] {
  const changes: Change[] = []
  const add = (statement: Pick<Change, 'name' | 'text'>, expected: number, columns: readonly BinaryArray[]) => {
    if (expected > 0) changes.push({ ...statement, values: buffersOf(columns), expected })
  }
  const expired = writes.flatMap((write) => write.expired.ids.map((id) => ({ id, write })))
  add(deleteExpired, expired.length, [
    column(expired, bigint, ({ write }) => write.evaluation.id),
    column(expired, text, ({ id }) => id),
    column(expired, bigint, ({ write }) => write.now),
  ])
  for (const half of ['predictions', 'labels'] as const) {
    const own = writes.filter((write) => write.half === half)
    const added = own.flatMap((write) => write.added.ids.map((id, at) => ({ id, at, write })))
    add(inserts[half], added.length, [
      column(added, bigint, ({ write }) => write.evaluation.id),
      column(added, text, ({ id }) => id),
      column(added, bytea, ({ write, at }) => digestAt(write.added.digests, at)),
      column(added, bytea, ({ write, at }) => payloadAt(write.added, at)),
      column(added, bigint, ({ write, at }) => write.added.times[at]),
      column(added, bigint, ({ write }) => write.expiresAt),
    ])
    const joined = own.flatMap((write) => write.joined.ids.map((id, at) => ({ id, at, write })))
    add(joins[half], joined.length, [
      column(joined, bigint, ({ write }) => write.evaluation.id),
      column(joined, text, ({ id }) => id),
      column(joined, bytea, ({ write, at }) => digestAt(write.joined.digests, at)),
      column(joined, bytea, ({ write, at }) => digestAt(write.joined.others, at)),
      column(joined, bigint, ({ write }) => write.expiresAt),
    ])
  }
  return changes
}

function countsAfter(evaluations: readonly HalfCounts[]): unknown[] {
  const columns = [
    column(evaluations, bigint, ({ id }) => id),
    column(evaluations, bigint, ({ waitingPredictions }) => waitingPredictions),
    column(evaluations, bigint, ({ waitingLabels }) => waitingLabels),
    column(evaluations, bigint, ({ expired }) => expired),
    column(evaluations, bigint, ({ updatedAt }) => updatedAt),
  ]
  return buffersOf(columns)
}

const selectRows = {
  name: 'find halves',
  text: `SELECT found.* FROM unnest($2::text[]) AS asked (asked_id) CROSS JOIN LATERAL
    (SELECT ${halfColumns} FROM halves
     WHERE halves.evaluation = $1 AND halves.id = asked.asked_id COLLATE "C" LIMIT 1) AS found
    WHERE EXISTS (SELECT 1 FROM evaluations AS e WHERE e.id = $1 AND e.incarnation = $3)`,
}

const lockEvaluations = {
  name: 'lock evaluations of halves',
  // in one order, so that two replicas cannot wait for each other
  text: `SELECT ${halfCountColumns} FROM evaluations WHERE id = ANY($1::bigint[]) AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE`,
}

const deleteExpired = {
  name: 'delete expired halves',
  text: `DELETE FROM halves USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS put (evaluation, id, now)
    WHERE halves.evaluation = put.evaluation AND halves.id = put.id COLLATE "C" AND halves.expires_at <= put.now`,
}

const updateCounts = {
  name: 'count halves',
  text: `UPDATE evaluations SET waiting_predictions = put.predictions, waiting_labels = put.labels, expired = put.expired,
      updated_at = greatest(evaluations.updated_at, put.updated_at)
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
      AS put (id, predictions, labels, expired, updated_at)
    WHERE evaluations.id = put.id`,
}

function insertOf(half: Half) {
  return {
    name: `insert ${half}`,
    text: `INSERT INTO halves (evaluation, id, state, ${half}_digest, payload, at, expires_at)
      SELECT evaluation, id, ${states[half]}, digest, payload, at, expires_at
      FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[], $6::bigint[])
        AS put (evaluation, id, digest, payload, at, expires_at)
      ON CONFLICT DO NOTHING`,
  }
}

/** Not by `state`: there is an index of it, which would be read through to find an id among all halves that wait. */
function joinOf(half: Half) {
  const other = half === 'predictions' ? 'labels' : 'predictions'
  return {
    name: `join ${half}`,
    text: `UPDATE halves SET state = ${states.joined}, ${half}_digest = put.digest, payload = NULL, at = NULL,
        expires_at = put.expires_at
      FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[])
        AS put (evaluation, id, digest, other, expires_at)
      WHERE halves.evaluation = put.evaluation AND halves.id = put.id COLLATE "C"
        AND halves.${half}_digest IS NULL AND halves.${other}_digest = put.other`,
  }
}

const inserts = { predictions: insertOf('predictions'), labels: insertOf('labels') }
const joins = { predictions: joinOf('predictions'), labels: joinOf('labels') }
