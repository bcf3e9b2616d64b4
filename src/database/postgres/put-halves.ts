import type { ClientBase } from 'pg'
import type { FoundRow, Half, HalvesResult, HalvesWrite } from '../halves.ts'
import { halfDigestBytes } from '../halves.ts'
import type { EvaluationKey } from '../history.ts'
import { bytesOf } from '../history.ts'
import { decide } from '../sql/decide.ts'
import type { PutRules } from '../sql/evaluation-engine.ts'
import type { HalfCounts } from '../sql/halves.ts'
import { count, digestAt, halfColumns, refusalOf, states } from '../sql/halves.ts'
import type { CountsRow } from '../sql/rows.ts'
import { countsOfRow } from '../sql/rows.ts'
import { headDigest } from '../sql/schema.ts'
import type { PutResult } from '../store.ts'
import { bigint, binaryArray, bytea, text } from './binary-array.ts'
import { inOnePiece, writeDecided } from './put-batches.ts'

export async function readHalves(
  client: ClientBase,
  { id, incarnation }: EvaluationKey,
  ids: readonly string[],
): Promise<FoundRow[]> {
  const values = [id, binaryArray(text, ids), bytesOf(incarnation)]
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
  const [, locked] = await inOnePiece(client, () =>
    Promise.all([
      client.query('BEGIN'),
      client.query<CountsRow & HalfCounts>({ ...lockEvaluations, values: [binaryArray(bigint, ids)] }),
    ]),
  )
  const found = new Map(locked.rows.map((row) => [row.id, { ...row, ...countsOfRow(row) }]))
  const refusals = writes.map((write) => {
    const counts = found.get(write.evaluation.id)
    const refusal = refusalOf(write, counts, rules)
    if (refusal === undefined && counts !== undefined) {
      count(counts, write)
      // those of the group after it have less room
      counts.batches += write.batches.length
    }
    return refusal
  })
  const written = writes.filter((_, at) => refusals[at] === undefined)
  if (written.length === 0) {
    await client.query('ROLLBACK')
    return refusals.map((outcome) => ({ outcome: outcome ?? 'changed' }))
  }
  const batches = written.flatMap((write) => write.batches)
  const decision = decide(batches, locked.rows.map(countsOfRow), [], rules)
  const isAsRead = await inOnePiece(client, async () => {
    const rows = changesOf(written).map(({ expected, ...query }) => ({ expected, result: client.query(query) }))
    const [...counted] = await Promise.all([
      ...rows.map(async ({ expected, result }) => (await result).rowCount === expected),
      ...(decision.inserts.length > 0 ? [writeDecided(client, decision, rules).then(() => true)] : []),
      client.query({ ...updateCounts, values: countsAfter([...found.values()], rules.now) }).then(() => true),
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
  readonly values: unknown[]
  /** How many rows it has to change. */
  readonly expected: number
}

/** The statements that write all halves. */
function changesOf(writes: readonly HalvesWrite[]): Change[] {
  const changes: Change[] = []
  const expired = writes.flatMap(({ evaluation, expired, now }) => expired.ids.map((id) => ({ evaluation, id, now })))
  if (expired.length > 0) {
    const values = [
      binaryArray(
        bigint,
        expired.map(({ evaluation }) => evaluation.id),
      ),
      binaryArray(
        text,
        expired.map(({ id }) => id),
      ),
      binaryArray(
        bigint,
        expired.map(({ now }) => now),
      ),
    ]
    changes.push({ ...deleteExpired, values, expected: expired.length })
  }
  for (const half of ['predictions', 'labels'] as const) {
    const own = writes.filter((write) => write.half === half)
    const added = own.flatMap((write) => write.added.ids.map((id, at) => ({ id, at, write })))
    if (added.length > 0) {
      const values = [
        binaryArray(
          bigint,
          added.map(({ write }) => write.evaluation.id),
        ),
        binaryArray(
          text,
          added.map(({ id }) => id),
        ),
        binaryArray(
          bytea,
          added.map(({ write, at }) => digestAt(write.added.digests, at, halfDigestBytes)),
        ),
        binaryArray(
          bytea,
          added.map(({ write: { added }, at }) =>
            added.payloads.subarray(at === 0 ? 0 : added.ends[at - 1], added.ends[at]),
          ),
        ),
        binaryArray(
          bigint,
          added.map(({ write, at }) => write.added.times[at]),
        ),
        binaryArray(
          bigint,
          added.map(({ write }) => write.expiresAt),
        ),
      ]
      changes.push({ ...inserts[half], values, expected: added.length })
    }
    const joined = own.flatMap((write) => write.joined.ids.map((id, at) => ({ id, at, write })))
    if (joined.length > 0) {
      const values = [
        binaryArray(
          bigint,
          joined.map(({ write }) => write.evaluation.id),
        ),
        binaryArray(
          text,
          joined.map(({ id }) => id),
        ),
        binaryArray(
          bytea,
          joined.map(({ write, at }) => digestAt(write.joined.digests, at, halfDigestBytes)),
        ),
        binaryArray(
          bytea,
          joined.map(({ write, at }) => digestAt(write.joined.others, at, halfDigestBytes)),
        ),
        binaryArray(
          bigint,
          joined.map(({ write }) => write.expiresAt),
        ),
      ]
      changes.push({ ...joins[half], values, expected: joined.length })
    }
  }
  return changes
}

function countsAfter(evaluations: readonly HalfCounts[], now: number): unknown[] {
  const column = (of: (counts: HalfCounts) => number) => binaryArray(bigint, evaluations.map(of))
  return [
    column(({ id }) => id),
    column(({ waitingPredictions }) => waitingPredictions),
    column(({ waitingLabels }) => waitingLabels),
    column(({ expired }) => expired),
    now,
  ]
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
  text: `SELECT id, incarnation, status, batches, samples, ${headDigest},
      waiting_predictions AS "waitingPredictions", waiting_labels AS "waitingLabels", expired
    FROM evaluations WHERE id = ANY($1::bigint[]) AND status <> 'deleted' ORDER BY id FOR NO KEY UPDATE`,
}

const deleteExpired = {
  name: 'delete expired halves',
  text: `DELETE FROM halves USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS put (evaluation, id, now)
    WHERE halves.evaluation = put.evaluation AND halves.id = put.id COLLATE "C" AND halves.expires_at <= put.now`,
}

const updateCounts = {
  name: 'count halves',
  text: `UPDATE evaluations SET waiting_predictions = put.predictions, waiting_labels = put.labels, expired = put.expired,
      updated_at = $5
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS put (id, predictions, labels, expired)
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

function joinOf(half: Half) {
  const other = half === 'predictions' ? 'labels' : 'predictions'
  return {
    name: `join ${half}`,
    text: `UPDATE halves SET state = ${states.joined}, ${half}_digest = put.digest, payload = NULL, at = NULL,
        expires_at = put.expires_at
      FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[])
        AS put (evaluation, id, digest, other, expires_at)
      WHERE halves.evaluation = put.evaluation AND halves.id = put.id COLLATE "C"
        AND halves.state = ${states[other]} AND halves.${other}_digest = put.other`,
  }
}

const inserts = { predictions: insertOf('predictions'), labels: insertOf('labels') }
const joins = { predictions: joinOf('predictions'), labels: joinOf('labels') }
