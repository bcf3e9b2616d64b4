import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import type { Test } from 'tap'
import { test } from 'tap'
import type { Call, Reply, Setup } from '../../../src/database/sqlite/messages.ts'
import { pack } from '../../../src/database/sqlite/packing.ts'
import { batchOf } from '../../evaluations/support.ts'

const worker = new URL('../../../src/database/sqlite/worker.ts', import.meta.url)

function fileFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'lossmeter.sqlite')
}

/** Asks a worker one thing after the other; at the end it must leave by itself. */
async function ask(path: string, calls: readonly Omit<Call, 'id'>[], between = async () => {}): Promise<Reply[]> {
  const setup: Setup = { path, lockMilliseconds: 20 }
  const thread = new Worker(worker, { workerData: setup })
  const replies: Reply[] = []
  for (const [id, call] of calls.entries()) {
    thread.postMessage({ id, ...call })
    replies.push((await once(thread, 'message'))[0])
    await between()
  }
  thread.postMessage('close')
  await once(thread, 'exit')
  return replies
}

function query(text: string): Omit<Call, 'id'> {
  return { method: 'query', args: [{ text, values: [] }] }
}

test('it answers with what a method returns', async (t) => {
  const statements = [{ text: 'SELECT 1 AS one', values: [] }]
  const replies = await ask(':memory:', [
    { method: 'hasChanged', args: [] },
    query(`SELECT 2 AS two, x'0102' AS bytes`),
    { method: 'transaction', args: [statements] },
  ])
  t.same(replies, [
    { id: 0, result: false },
    { id: 1, result: pack([{ two: 2, bytes: Uint8Array.of(1, 2) }]) },
    { id: 2, result: [[{ one: 1 }]] },
  ])
  const put = { method: 'putBatches', args: [pack([batchOf(1, 'a')]), { maxBatches: 1, now: 0 }] } as const
  t.same(await ask(':memory:', [put]), [{ id: 0, result: [{ outcome: 'gone' }] }])
})

test('it answers with what a method throws', async (t) => {
  const path = fileFor(t)
  const replies = await ask(path, [
    query('PRAGMA query_only = ON'),
    query('DELETE FROM batches'),
    query('SELECT wrong'),
  ])
  t.match(replies[1], { id: 1, failure: { reason: 'read-only', error: { message: /readonly/ } } })
  t.match(replies[2], { id: 2, failure: { reason: undefined, error: { message: 'no such column: wrong' } } })
})

test('it opens a file that could not be opened when it is asked again', async (t) => {
  const path = fileFor(t)
  const file = new DatabaseSync(path)
  file.exec('CREATE TABLE other (x)')
  const replies = await ask(path, [query('SELECT 1 AS one'), query('SELECT 1 AS one')], async () => {
    file.exec('DROP TABLE IF EXISTS other')
  })
  t.same(replies[0], { id: 0, failure: { unusable: 'The file is a database of another program.' } })
  t.same(replies[1], { id: 1, result: pack([{ one: 1 }]) })
  file.close()
})

test('it leaves when it has never opened a file', async (t) => {
  t.same(await ask(fileFor(t), []), [])
})
