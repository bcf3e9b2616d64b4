import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { test } from 'tap'
import { TurnProbe } from './turn-probe.ts'

/** Holds the event loop for so many milliseconds of processor time. */
function hold(milliseconds: number): void {
  const begun = process.threadCpuUsage()
  for (let used = 0; used < 1000 * milliseconds; ) {
    const { user, system } = process.threadCpuUsage(begun)
    used = user + system
  }
}

test('a request that holds the event loop for 80 ms is found, each time and alone', async (t) => {
  let soon = 80
  const open = async (): Promise<FastifyInstance> => {
    const app = Fastify()
    app.get('/long', async () => hold(80))
    app.get('/short', async () => hold(5))
    app.get('/soon', async () => {
      hold(soon)
      soon = 5
    })
    return app
  }
  const probe = new TurnProbe()
  const app = await open()
  probe.watch(app, open)
  for (const url of ['/short', '/long', '/soon', '/short']) await app.inject(url)
  const findings = await probe.longTurns()
  t.equal(findings.length, 1)
  t.match(findings[0], /^GET "\/long" of 0 bytes: a turn of \d\d+\.\d ms$/)
})

test('what a test asked for before is asked for again', async (t) => {
  const declared = new Set<number>()
  let services = 0
  const open = async (): Promise<FastifyInstance> => {
    const app = Fastify()
    const service = services++
    app.put('/', async () => declared.add(service).size)
    app.get('/', async () => hold(declared.has(service) ? 80 : 5))
    return app
  }
  const probe = new TurnProbe()
  const app = await open()
  probe.watch(app, open)
  await app.inject({ method: 'PUT', url: '/', payload: { outputs: 1 } })
  await app.inject('/')
  t.equal((await probe.longTurns()).length, 1)
})
