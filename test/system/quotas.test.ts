import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import { PostgresServer } from '../database/postgres/server.ts'
import { eventually } from '../eventually.ts'
import { withinAMinute } from '../minute.ts'
import { linesOf, linesWith, portOf, start, until } from '../service.ts'
import { appOf, listener } from '../support.ts'

const body = JSON.stringify({ loss: 'mae', labelFormat: 'values', predictions: [2], labels: [1] })
const json = { 'content-type': 'application/json' }
const limit = 100

interface Answer {
  readonly status: number | undefined
  readonly retryAfter: unknown
  readonly rateLimit: unknown
}

/** Sends until as many are admitted as may be, and a little longer; what was admitted, and the refusals. */
async function admittedTo(sends: readonly (() => Promise<Answer>)[]) {
  const began = Math.floor(Date.now() / 60_000)
  let admitted = 0
  const refusals: Answer[] = []
  const rest: number[] = []
  for (let late = 0; late < 5; ) {
    const answers = await Promise.all(sends.map((send) => send()))
    for (const answer of answers) {
      if (answer.status === 200) admitted++
      else refusals.push(answer)
      rest.push(Number(/r=(\d+)/.exec(String(answer.rateLimit))?.[1]))
    }
    if (admitted >= limit) late++
    if (Math.floor(Date.now() / 60_000) !== began) throw new Error('the machine is too slow: the minute has ended')
  }
  return { admitted, refusals, rest }
}

test('two workers admit together what one would', async (t) => {
  const variables = { DATABASE_URL: `sqlite:${join(t.testdir(), 'lossmeter.sqlite')}` }
  const service = start(t, { WORKERS: '2', REQUESTS_PER_MINUTE: String(limit), ...variables })
  const port = await portOf(service)
  await until(() => linesWith(service, 'all workers are listening')[0])
  await withinAMinute(30)
  const sends = Array.from({ length: 8 }, (_, at) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    t.after(() => agent.destroy())
    return async () => {
      const headers = { ...json, 'x-request-id': `client-${at}` }
      const sent = request({ agent, host: '127.0.0.1', port, method: 'POST', path: '/v1/loss', headers })
      sent.end(body)
      const [answer] = await once(sent, 'response')
      answer.resume()
      await once(answer, 'end')
      return {
        status: answer.statusCode,
        retryAfter: answer.headers['retry-after'],
        rateLimit: answer.headers.ratelimit,
      }
    }
  })
  const { admitted, refusals, rest } = await admittedTo(sends)
  t.equal(admitted, limit)
  for (const { status, retryAfter, rateLimit } of refusals) {
    t.equal(status, 429)
    t.match(rateLimit, new RegExp(`^"requests";r=\\d+;t=${retryAfter}$`))
  }
  t.ok(rest.every((left) => left >= 0 && left < limit))
  t.equal(rest.at(-1), 0)
  t.ok(await eventually(() => new Set(linesOf(service).map(({ pid }) => pid)).size === 3), 'both took part')
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
  t.equal(service.output.errors, '')
})

const server = await PostgresServer.start(root)

test('two replicas admit together what one would, and each for itself while the database is away', async (t) => {
  const { lines, logger } = listener()
  const variables = { REQUESTS_PER_MINUTE: String(limit), DATABASE_URL: await server.createDatabase() }
  const replicas = [await appOf(t, variables, logger), await appOf(t, variables, logger)]
  const sendTo = (app: FastifyInstance, remoteAddress: string) => async () => {
    const answer = await app.inject({ method: 'POST', url: '/v1/loss', headers: json, payload: body, remoteAddress })
    const { 'retry-after': retryAfter, ratelimit: rateLimit } = answer.headers
    return { status: answer.statusCode, retryAfter, rateLimit }
  }
  await withinAMinute(30)
  const { admitted } = await admittedTo([0, 1, 1, 0].map((at) => sendTo(replicas[at], '192.0.2.1')))
  const alone = () =>
    lines.filter((line) => line.includes('quotas are not shared: this process counts on its own')).length
  // on a machine that is too busy for an answer within a second they say so, and may admit more
  t.ok(admitted === limit || (alone() > 0 && admitted > limit))

  await server.cut()
  for (const replica of replicas) {
    const { admitted: byItself } = await admittedTo([sendTo(replica, '192.0.2.2')])
    t.equal(byItself, limit, 'nobody is kept out')
  }
  t.ok(alone() >= 2)
  t.notOk(lines.some((line) => line.includes('postgres://')))
  await server.startAgain()
  const back = () => lines.filter((line) => line.includes('quotas are shared by all processes again')).length
  await until(async () => {
    for (const replica of replicas) await sendTo(replica, '192.0.2.3')()
    return back() === alone() || undefined
  })
})
