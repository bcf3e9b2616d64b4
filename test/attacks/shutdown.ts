import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as TlsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sent } from './attack.ts'
import { claim, times } from './attack.ts'
import { oneRow } from './bodies.ts'
import type { Outcome } from './client.ts'
import { ask, Client, count, headOf, nameOf } from './client.ts'
import { credentials, hasTls, hasWorkers } from './mode.ts'
import type { Service } from './service.ts'

const connections = 200
const uploads = 20
const rounds = 5

/** One request of a client that keeps its connections; what went wrong, or the status. */
function oneMore(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve) => {
    const body = String(oneRow.body)
    const headers = { 'content-type': 'application/json', 'content-length': body.length, ...credentials() }
    const send = hasTls ? httpsRequest : httpRequest
    const request = send({ host: '127.0.0.1', port, path: '/v1/loss', method: 'POST', agent, headers }, (answer) => {
      answer.on('error', (error: NodeJS.ErrnoException) => resolve(`${error.code} in an answer`))
      answer.on('end', () => resolve(String(answer.statusCode)))
      answer.resume()
    })
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    request.end(body)
  })
}

/** Longer than the service itself takes to end, on a machine that is busy, too. */
const patience = 60_000

/** An upload of 81 pieces; whoever looks stops at the answer, as large clients do, others send all of it first. */
async function slowUpload(port: number, breath = 25, isLooking = true): Promise<Outcome> {
  const pieces = times(40, Buffer.alloc(50_000, '1,'))
  const parts = ['{"loss":"mse","labelFormat":"values","predictions":[', ...pieces, '1],"labels":[', ...pieces, '1]}']
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const client = await Client.open(port)
  await client.write(headOf({ headers: { 'content-length': length } }))
  for (const part of parts) {
    if (client.isClosed || (isLooking && client.received.length > 0)) break
    await client.write(part)
    await sleep(breath)
  }
  const reply = await client.answer(patience)
  const end = client.isClosed ? 'closed' : 'no answer'
  client.leave()
  return reply ?? client.error ?? end
}

/** Waits until all workers were replaced. */
async function replaced(service: Service): Promise<unknown[]> {
  while (!service.log.includes('all workers were replaced')) await sleep(50)
  // clients go on with the new ones
  await sleep(1000)
  return [0]
}

async function shutDown(service: Service, signal: NodeJS.Signals): Promise<Sent> {
  const own = { keepAlive: true, maxSockets: connections }
  const agent = hasTls ? new TlsAgent({ ...own, rejectUnauthorized: false }) : new Agent(own)
  const outcomes: Outcome[] = []
  let isOver = false
  const loops = times(connections, service.port).map(async (port) => {
    while (!isOver) {
      const outcome = await oneMore(port, agent)
      // it listens no more
      if (outcome === 'ECONNREFUSED') break
      outcomes.push(outcome)
      await sleep(20)
    }
  })
  const slow = times(uploads, service.port).map((port) => slowUpload(port))
  await sleep(1000)
  service.child.kill(signal)
  // SIGHUP to several workers replaces them, and does not end the service
  const isRoll = signal === 'SIGHUP' && hasWorkers
  const end = isRoll ? replaced(service) : service.ended
  const [code] = (await Promise.race([end, sleep(patience, ['never'])])) as unknown[]
  isOver = true
  await Promise.all(loops)
  agent.destroy()
  const uploaded = await Promise.all(slow)
  const failed = outcomes.filter((outcome) => outcome !== '200')
  const lost = uploaded.filter((outcome) => typeof outcome === 'string' || ![200, 503].includes(outcome.status))
  const faults = [
    failed.length > 0 && `requests failed: ${JSON.stringify(count(failed))}`,
    lost.length > 0 && `uploads were cut off: ${JSON.stringify(count(lost))}`,
    code !== 0 && `its exit code is ${code}`,
  ]
  return { outcomes: [...outcomes, ...uploaded], faults: faults.filter((fault) => typeof fault === 'string') }
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

export const shutdown = [
  ...signals.map((signal) =>
    claim({
      name: `${signal} while ${connections} connections are busy and ${uploads} upload`,
      isShort: signal === 'SIGTERM',
      async check(stage, { wait }) {
        const sent: Sent[] = []
        for (let round = 0; round < (wait > 1000 ? 1 : rounds); round++) {
          sent.push(await stage.with({}, (service) => shutDown(service, signal)))
        }
        return { outcomes: sent.flatMap(({ outcomes }) => outcomes), faults: sent.flatMap(({ faults = [] }) => faults) }
      },
    }),
  ),
  claim({
    name: 'SIGTERM while uploads take longer than it lets them',
    isShort: true,
    check: (stage) =>
      stage.with({ SHUTDOWN_DELAY_MS: '0', SHUTDOWN_TIMEOUT_MS: '1000' }, async (service) => {
        const uploading = Array.from({ length: uploads }, (_, at) => slowUpload(service.port, 50, at % 2 === 0))
        await sleep(1000)
        service.child.kill('SIGTERM')
        const outcomes = await Promise.all(uploading)
        const others = outcomes.filter((outcome) => nameOf(outcome) !== '503')
        const [code] = (await Promise.race([service.ended, sleep(patience, ['never'])])) as unknown[]
        const faults = [
          others.length > 0 && `not refused: ${JSON.stringify(count(others))}`,
          code !== 0 && `its exit code is ${code}`,
        ]
        return { outcomes, faults: faults.filter((fault) => typeof fault === 'string') }
      }),
  }),
  claim({
    name: 'SIGTERM while a client never reads its answers',
    check: (stage) =>
      stage.with({ SHUTDOWN_TIMEOUT_MS: '3000' }, async (service) => {
        const client = await Client.open(service.port, { isReading: false })
        const body = '{"populationSize":2147483647,"size":100000,"seed":1}'
        await client.write(`${headOf({ path: '/v1/mini-batches', body })}${body}`.repeat(5))
        await sleep(1000)
        service.child.kill('SIGTERM')
        const ended = await Promise.race([service.ended, sleep(8000)])
        client.leave()
        return { outcomes: [], faults: ended === undefined ? ['it still runs after 8 s'] : [] }
      }),
  }),
  claim({
    name: '/readyz after SIGTERM',
    check: (stage) =>
      stage.with({}, async (service) => {
        service.child.kill('SIGTERM')
        await sleep(300)
        const ready = await ask(service.port, { path: '/readyz', method: 'GET' })
        const answer = await ask(service.port, oneRow)
        const isUnready = typeof ready !== 'string' && ready.status === 503
        const isLast = typeof answer !== 'string' && answer.headers.connection === 'close'
        const faults = [!isUnready && '/readyz is not 503', !isLast && 'an answer without Connection: close']
        return { outcomes: [ready, answer], faults: faults.filter((fault) => typeof fault === 'string') }
      }),
  }),
]
