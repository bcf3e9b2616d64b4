import type { Test } from 'tap'
import { test } from 'tap'
import { portOf, start, until } from '../service.ts'
import { baseBackup, dump, Operated, programs, restoreBase, restoreDump } from './operated-postgres.ts'

interface Answer {
  readonly status: number
  readonly lossSum?: number
  readonly batches?: number
}

/** A replica that has the evaluation "run". */
async function replicaOn(t: Test, url: string) {
  const service = start(t, { HOST: '127.0.0.1', DATABASE_URL: url })
  const base = `http://127.0.0.1:${await portOf(service)}/v1/evaluations/run`
  const ask = async (method: string, address = '', body?: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(base + address, { method, headers, body: body ? JSON.stringify(body) : null })
    return { ...((await answer.json()) as object), status: answer.status }
  }
  /** Sends batches until each is acknowledged, as clients do. @returns the last status of each */
  const put = async (from: number, to: number): Promise<number[]> => {
    const statuses: number[] = []
    for (let at = from; at < to; at++) {
      const status = await until(async () => {
        const answer = await ask('PUT', `/batches/b${at}`, { predictions: [at / 7], labels: [0] })
        return answer.status < 300 ? answer.status : undefined
      })
      statuses.push(status)
    }
    return statuses
  }
  const report = () =>
    until(async () => {
      const { status, lossSum, batches } = await ask('GET')
      return status === 200 ? { lossSum, batches } : undefined
    })
  return { ask, put, report }
}

const options = { skip: programs === undefined && 'pg_basebackup is not installed' }

test('PostgreSQL is dumped and restored while replicas run, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  t.equal((await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })).status, 201)
  await one.put(0, 5)
  const before = await other.report()
  server.run(dump)
  await other.put(5, 8)
  const after = await one.report()
  t.same([before.batches, after.batches], [5, 8])
  server.run(restoreDump)
  t.same([await one.report(), await other.report()], [before, before])
  t.same(await one.put(0, 8), [200, 200, 200, 200, 200, 201, 201, 201], 'what was lost is sent again')
  t.same([await one.report(), await other.report()], [after, after])
})

test('PostgreSQL is restored from a base backup and the log, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  await one.put(0, 3)
  server.run(baseBackup)
  await other.put(3, 8)
  const archived = await one.report()
  await server.archive()
  await one.put(8, 10)
  const after = await other.report()
  t.same([archived.batches, after.batches], [8, 10])
  server.kill()
  server.run(restoreBase)
  t.same([await one.report(), await other.report()], [archived, archived], 'the log that was archived is there')
  t.same(await other.put(0, 10), [...new Array(8).fill(200), 201, 201])
  t.same([await one.report(), await other.report()], [after, after])
})

test('an asynchronous standby that lacks the tail is promoted while replicas run', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  await one.put(0, 6)
  const replicated = await other.report()
  await server.keepStandby()
  await other.put(6, 10)
  const after = await one.report()
  t.same([replicated.batches, after.batches], [6, 10])
  await server.promoteStandby()
  t.same([await one.report(), await other.report()], [replicated, replicated])
  t.same(await one.put(0, 10), [...new Array(6).fill(200), ...new Array(4).fill(201)], 'what was lost is sent again')
  t.same([await one.report(), await other.report()], [after, after])
})
