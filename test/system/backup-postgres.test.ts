import type { Test } from 'tap'
import { test } from 'tap'
import { Lossmeter } from '../../src/clients/javascript/lossmeter.js'
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
  const origin = `http://127.0.0.1:${await portOf(service)}`
  const base = `${origin}/v1/evaluations/run`
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
  /** Follows its events through all connections that it takes. @returns waits until they show the same batches as the store */
  const watch = () => {
    const seen = new Map<number, string>()
    const end = new AbortController()
    const follow = async () => {
      const events = new Lossmeter(origin).evaluation('run').events({ after: 0, signal: end.signal })
      for await (const event of events) {
        if (event.type === 'batch') seen.set(event.sequence as number, event.batch as string)
        else if (event.detail !== undefined) seen.clear()
      }
    }
    const followed = follow().catch((error) => {
      if (!end.signal.aborted) throw error
    })
    t.after(() => {
      end.abort()
      return followed
    })
    return (count: number) => {
      const wanted = Array.from({ length: count }, (_, at) => [at + 1, `b${at}`])
      return until(() =>
        JSON.stringify([...seen].sort(([a], [b]) => a - b)) === JSON.stringify(wanted) ? true : undefined,
      )
    }
  }
  return { ask, put, report, watch }
}

const options = { skip: programs === undefined && 'pg_basebackup is not installed' }

test('PostgreSQL is dumped and restored while replicas run, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  t.equal((await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })).status, 201)
  await one.put(0, 5)
  const shows = other.watch()
  const before = await other.report()
  server.run(dump)
  await other.put(5, 8)
  const after = await one.report()
  t.same([before.batches, after.batches], [5, 8])
  server.run(restoreDump)
  t.same([await one.report(), await other.report()], [before, before])
  t.same(await one.put(0, 8), [200, 200, 200, 200, 200, 201, 201, 201], 'what was lost is sent again')
  t.same([await one.report(), await other.report()], [after, after])
  await one.put(8, 9)
  t.ok(await shows(9), 'events go on')
})

test('PostgreSQL is restored from a base backup and the log, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  await one.put(0, 3)
  const shows = one.watch()
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
  await other.put(10, 11)
  t.ok(await shows(11), 'events go on')
})

test('an asynchronous standby that lacks the tail is promoted while replicas run', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  await one.put(0, 6)
  const replicated = await other.report()
  const shows = other.watch()
  await server.keepStandby()
  await other.put(6, 10)
  const after = await one.report()
  t.same([replicated.batches, after.batches], [6, 10])
  await server.promoteStandby()
  t.same([await one.report(), await other.report()], [replicated, replicated])
  t.same(await one.put(0, 10), [...new Array(6).fill(200), ...new Array(4).fill(201)], 'what was lost is sent again')
  t.same([await one.report(), await other.report()], [after, after])
  await one.put(10, 11)
  t.ok(await shows(11), 'events go on')
})
