import { setFlagsFromString } from 'node:v8'
import { test } from 'tap'
import { Overloaded } from '../../src/formats/errors.ts'
import type { TableRequest } from '../../src/formats/table/read.ts'
import { newWorker, tableIn, turnLimits } from '../../src/formats/table/thread.ts'
import { LimitExceeded } from '../../src/loss/validation-errors.ts'
import type { Caller } from '../../src/runtime/turns.ts'
import { unaccounted } from '../unaccounted.ts'

const ann: Caller = { owner: 'ann', level: 0 }

function requestOf(text: string): TableRequest {
  const bytes = new TextEncoder().encode(text).buffer
  const limits = { maxRows: 1e6, maxElements: 1e6, maxColumns: 8, maxBodyBytes: 1e9, maxJoinRows: 1e6 }
  return { bytes, format: 'csv', columns: { predictions: 'p' }, missing: 'refuse', mayBeNames: false, limits }
}

test('some tables are read at once, others wait, and too many are refused: of one owner, and of all', async (t) => {
  const read: string[] = []
  const readOf = async (owner: string, at: number) => {
    const { tensors } = await tableIn(requestOf(`p\n${at}\n`), unaccounted, 60_000, { owner, level: 0 })
    t.strictSame(tensors.predictions, { data: Float64Array.of(at), shape: [1] })
    read.push(owner)
  }
  const tooMany = new Overloaded('Too many tables wait to be read.')
  const { atOnce, mostOfOwner, mostWaiting } = turnLimits
  const reads = Array.from({ length: atOnce + mostOfOwner }, (_, at) => readOf('ann', at))
  await t.rejects(readOf('ann', 99), tooMany)
  reads.push(readOf('bob', 1))
  for (let at = mostOfOwner + 1; at < mostWaiting; at++) reads.push(readOf(`owner ${at}`, at))
  await t.rejects(readOf('eve', 99), tooMany)
  await Promise.all(reads)
  t.ok(read.indexOf('bob') < 2 * atOnce + 2, 'bob waits for a turn of ann, not for all of hers')
})

test('the table of a client that has left is not read', async (t) => {
  const caller = { owner: 'ann', level: 0, isOver: false }
  const reads = [1, 2].map((at) => tableIn(requestOf(`p\n${at}\n`), unaccounted, 60_000, caller))
  const refused = t.rejects(
    tableIn(requestOf('p\n3\n'), unaccounted, 60_000, caller),
    new Overloaded('The client has left.'),
  )
  caller.isOver = true
  await Promise.all(reads)
  await refused
})

test('a thread that takes too long, or that there is no memory for, ends, and the next one reads', async (t) => {
  const long = `p\n${'1\n'.repeat(500_000)}`
  const error = await tableIn(requestOf(long), unaccounted, 1, ann).catch((error) => error)
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
  t.equal(await tableIn(requestOf('p\n1\n2\n'), none, 60_000, ann).catch((error) => error), full)
  // twice the text of 6 bytes, and 48 for a cell of each of 4 lines, the one after the last end included
  t.strictSame(reserved, [2 * 6 + 48 * 4])
  t.strictSame(
    (await tableIn(requestOf('p\n3\n'), unaccounted, 60_000, ann)).tensors.predictions?.data,
    Float64Array.of(3),
  )
})

test('a thread has its own bound of memory, which a flag of the process does not raise, and ends where it has more', async (t) => {
  setFlagsFromString('--max-old-space-size=2048')
  t.teardown(() => setFlagsFromString('--max-old-space-size=0'))
  const worker = newWorker()
  await new Promise((resolve) => worker.once('online', resolve))
  const { heap_size_limit: most } = await worker.getHeapStatistics()
  await worker.terminate()
  t.ok(most < 2 ** 30, `${most / 2 ** 20} MiB`)
  const error = await tableIn(requestOf(`p\n${'1\n'.repeat(500_000)}`), unaccounted, 60_000, ann, 1).catch(
    (error) => error,
  )
  t.match(error.message, 'the table cannot be read: reading it takes more than 1 MiB besides its numbers.')
  t.strictSame(
    (await tableIn(requestOf('p\n6\n'), unaccounted, 60_000, ann)).tensors.predictions?.data,
    Float64Array.of(6),
  )
})

test('what node --watch reports of a thread is no table', async (t) => {
  process.env.WATCH_REPORT_DEPENDENCIES = '1'
  t.teardown(() => delete process.env.WATCH_REPORT_DEPENDENCIES)
  // two at once: at least one thread starts
  const reads = [4, 5].map((at) => tableIn(requestOf(`p\n${at}\n`), unaccounted, 60_000, ann))
  t.strictSame(
    (await Promise.all(reads)).map(({ tensors }) => tensors.predictions?.data),
    [Float64Array.of(4), Float64Array.of(5)],
  )
})
