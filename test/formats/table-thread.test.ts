import { test } from 'tap'
import { Overloaded } from '../../src/formats/errors.ts'
import type { TableRequest } from '../../src/formats/table/read.ts'
import { tableIn } from '../../src/formats/table/thread.ts'
import { LimitExceeded } from '../../src/loss/validation-errors.ts'
import { unaccounted } from '../unaccounted.ts'

function requestOf(text: string): TableRequest {
  const bytes = new TextEncoder().encode(text).buffer
  const limits = { maxRows: 1e6, maxElements: 1e6, maxColumns: 8, maxBodyBytes: 1e9, maxJoinRows: 1e6 }
  return { bytes, format: 'csv', columns: { predictions: 'p' }, missing: 'refuse', mayBeNames: false, limits }
}

test('two tables are read at once, others wait, and too many are refused', async (t) => {
  const reads = Array.from({ length: 35 }, async (_, at) => {
    const { tensors } = await tableIn(requestOf(`p\n${at}\n`), unaccounted, 60_000)
    t.strictSame(tensors.predictions, { data: Float64Array.of(at), shape: [1] })
  })
  const [refused, ...others] = (await Promise.allSettled(reads)).toReversed()
  t.match(refused, { status: 'rejected', reason: new Overloaded('Too many tables wait to be read.') })
  t.ok(others.every(({ status }) => status === 'fulfilled'))
})

test('a thread that takes too long, or that there is no memory for, ends, and the next one reads', async (t) => {
  const long = `p\n${'1\n'.repeat(500_000)}`
  const error = await tableIn(requestOf(long), unaccounted, 1).catch((error) => error)
  t.ok(error instanceof LimitExceeded)
  t.match(error, { path: ['table'], message: 'Reading the table takes longer than maxComputeMs, 1 ms.' })
  const full = new Error('full')
  const reserved: number[] = []
  const none = {
    ...unaccounted,
    reserve: (bytes: number) => {
      reserved.push(bytes)
      throw full
    },
  }
  t.equal(await tableIn(requestOf('p\n1\n2\n'), none, 60_000).catch((error) => error), full)
  // twice the text of 6 bytes, and 48 for a cell of each of 4 lines, the one after the last end included
  t.strictSame(reserved, [2 * 6 + 48 * 4])
  t.strictSame((await tableIn(requestOf('p\n3\n'), unaccounted, 60_000)).tensors.predictions?.data, Float64Array.of(3))
})

test('what node --watch reports of a thread is no table', async (t) => {
  process.env.WATCH_REPORT_DEPENDENCIES = '1'
  t.teardown(() => delete process.env.WATCH_REPORT_DEPENDENCIES)
  // two at once: at least one thread starts
  const reads = [4, 5].map((at) => tableIn(requestOf(`p\n${at}\n`), unaccounted, 60_000))
  t.strictSame(
    (await Promise.all(reads)).map(({ tensors }) => tensors.predictions?.data),
    [Float64Array.of(4), Float64Array.of(5)],
  )
})
