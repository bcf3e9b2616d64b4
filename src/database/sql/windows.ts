import type { EvaluationKey, Head } from '../history.ts'
import { bytesOf, hexOf } from '../history.ts'
import type { WindowPart, WindowRange, WindowTotal } from '../store.ts'
import type { SqlEngine, Statement } from './engine.ts'
import { check, digestAt, isMeant, missing, pageBytes } from './read-batches.ts'
import { statement } from './statement.ts'

const mostParts = 500

interface PartRow {
  /** The digest of the head; null where it, or the evaluation, is not there. */
  readonly head: Uint8Array | null
  readonly start: number | null
  readonly batches: number
  readonly last: number
  readonly digest: Uint8Array | null
  readonly state: Uint8Array
}

/** @throws EvaluationGone, StoreUnavailable */
export async function* windowParts(
  engine: SqlEngine,
  { id, incarnation }: EvaluationKey,
  { from, to, most }: WindowRange,
  head: Head,
): AsyncGenerator<readonly WindowPart[]> {
  if (head.batches === 0) return
  let [start, sequence, left] = [from, -1, most]
  for (;;) {
    const windows = Math.min(left, mostParts)
    const values = [id, start, to, head.batches, sequence, windows, pageBytes, bytesOf(incarnation)]
    const rows = await engine.query<PartRow>(statement(selectParts, values))
    if (rows[0].head === null) await missing(engine, [{ id, incarnation }])
    check(head.digest, hexOf(rows[0].head))
    const parts = rows.flatMap(({ head: _, ...row }) => (row.start === null ? [] : [partOf(row)]))
    if (parts.length > 0) yield parts
    const found = new Set(parts.map((part) => part.start))
    // the window that was begun
    if (sequence >= 0) found.add(start)
    const bytes = parts.reduce((sum, { state }) => sum + state.length, 0)
    const isCut = parts.length === mostParts || bytes >= pageBytes
    if (!isCut && (found.size < windows || windows === left)) return
    left -= found.size - 1
    const last = parts[parts.length - 1]
    start = last.start
    sequence = last.last
  }
}

function partOf({ digest, ...row }: Omit<PartRow, 'head'>): WindowPart {
  return { ...row, start: Number(row.start), digest: hexOf(digest) }
}

/** The start of the first window after a bound, by one look at the index. */
function nextStart(bound: string): string {
  return `(SELECT b.window_start FROM batches AS b WHERE b.evaluation = $1 AND b.window_start ${bound}
    AND b.window_start < $3 AND b.sequence <= $4 ORDER BY b.window_start LIMIT 1)`
}

// CROSS JOIN and + 0: SQLite, too, looks for the batches of each window by the index of windows
/**
 * From the window $2 on, of which the parts up to the batch $5 are known: $5 is -1 where none is. What is kept of a window counts if its
 * last batch is in the store.
 */
const selectParts = `WITH RECURSIVE starts(start, n) AS (
    SELECT ${nextStart('>= $2')}, 1
    UNION ALL
    SELECT ${nextStart('> starts.start')}, n + 1 FROM starts WHERE start IS NOT NULL AND n < $6),
  known AS MATERIALIZED (
    SELECT starts.start, w.last AS kept,
      CASE WHEN starts.start = $2 AND $5 >= 0 THEN $5 ELSE coalesce(w.last, 0) END AS last
    FROM starts LEFT JOIN windows AS w ON w.evaluation = $1 AND w.start = starts.start AND w.last <= $4
      AND NOT (starts.start = $2 AND $5 >= 0)
      AND w.digest = (SELECT d.digest FROM batches AS d WHERE d.evaluation = $1 AND d.sequence = w.last)
    WHERE starts.start IS NOT NULL),
  sizes AS (
    SELECT known.start, known.kept AS sequence, 1 AS is_kept, length(w.state) AS bytes
    FROM known CROSS JOIN windows AS w WHERE w.evaluation = $1 AND w.start = known.start AND known.kept IS NOT NULL
    UNION ALL
    SELECT known.start, b.sequence, 0, length(b.state)
    FROM known CROSS JOIN batches AS b WHERE b.evaluation = $1 AND b.window_start = known.start
      AND b.sequence > known.last AND b.sequence + 0 <= $4
    ORDER BY 1, 2 LIMIT ${mostParts}),
  page AS (
    SELECT start, sequence, is_kept FROM
      (SELECT start, sequence, is_kept, bytes, sum(bytes) OVER (ORDER BY start, sequence) AS total FROM sizes) AS sums
    WHERE total - bytes < $7)
  SELECT heads.head, page.start, CASE WHEN page.is_kept = 1 THEN w.batches ELSE 1 END AS batches,
    page.sequence AS last, CASE WHEN page.is_kept = 1 THEN w.digest ELSE b.digest END AS digest,
    CASE WHEN page.is_kept = 1 THEN w.state ELSE b.state END AS state
  FROM (SELECT CASE WHEN ${isMeant('$1', '$8')} THEN ${digestAt('$1', '$4')} END AS head) AS heads
  LEFT JOIN page ON 1 = 1
  LEFT JOIN windows AS w ON page.is_kept = 1 AND w.evaluation = $1 AND w.start = page.start
  LEFT JOIN batches AS b ON page.is_kept = 0 AND b.evaluation = $1 AND b.sequence = page.sequence
  ORDER BY page.start, page.sequence`
  .replace(/\$([23457])\b/g, 'CAST($$$1 AS BIGINT)')
  .replace(/\$6\b/g, 'CAST($$6 AS BIGINT)')

export function keepWindow({ id, incarnation }: EvaluationKey, window: WindowTotal): Statement {
  const { start, batches, last, digest, state } = window
  return statement(insertWindow, [id, start, batches, last, bytesOf(digest), state, bytesOf(incarnation)])
}

/** Only of batches in the store, and not in the place of more of them. */
const insertWindow = `INSERT INTO windows (evaluation, start, batches, last, digest, state)
  SELECT e.id, $2, $3, $4, $5, $6 FROM evaluations AS e JOIN batches AS b ON b.evaluation = e.id
  WHERE e.id = $1 AND e.incarnation = $7 AND e.status <> 'deleted' AND b.sequence = $4 AND b.digest = $5
  ON CONFLICT (evaluation, start) DO UPDATE
    SET batches = excluded.batches, last = excluded.last, digest = excluded.digest, state = excluded.state
    WHERE excluded.last > windows.last OR NOT EXISTS
      (SELECT 1 FROM batches AS d WHERE d.evaluation = windows.evaluation AND d.sequence = windows.last AND d.digest = windows.digest)`
