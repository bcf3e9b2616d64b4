import { setTimeout as sleep } from 'node:timers/promises'
import { claim, load, sendAndNeverRead, times } from './attack.ts'
import { largeAnswer, largeReport, legalJson, mebibyte, oneLine, oneRow } from './bodies.ts'
import type { Outcome } from './client.ts'
import { ask, Client, chunk, headOf } from './client.ts'
import { credentials } from './mode.ts'
import type { Service } from './service.ts'

/** Another client than the attacker. */
const other = { from: '127.0.0.3' }
const streamHead = headOf({ headers: { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' } })

/** Sends requests on one connection without waiting, and takes no answer. */
async function pipeline(service: Service, request: string, number: number, milliseconds: number): Promise<Outcome[]> {
  const client = await Client.open(service.port, { isReading: false })
  void client.write(request.repeat(number))
  await sleep(milliseconds)
  client.leave()
  return [client.error ?? 'left']
}

/** What another client gets for 3.6 MB of JSON, again and again. */
async function othersFor(service: Service, seconds: number): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    outcomes.push(await ask(service.port, legalJson, other, 20_000))
    await sleep(200)
  }
  return outcomes
}

/** Connections of so many addresses, on each of which some bytes have been sent. */
async function openFrom(addresses: number, service: Service, number: number, bytes: string): Promise<Client[]> {
  const clients: Client[] = []
  while (clients.length < number) {
    const manners = Array.from({ length: Math.min(40, number - clients.length) }, (_, place) => ({
      from: `127.0.1.${place % addresses}`,
    }))
    const come = await Promise.all(manners.map((manner) => Client.open(service.port, manner)))
    for (const client of come) void client.write(bytes)
    clients.push(...come)
  }
  return clients
}

/** What a client is told, which leaves then, if it has not before. */
async function lastOf(client: Client): Promise<Outcome> {
  const reply = await client.answer()
  client.leave()
  return reply ?? client.error ?? 'left'
}

/** A few addresses that take all there is, and do nothing with it. */
const crowds: [crowd: string, addresses: number, number: number, began: string][] = [
  ['2,000 uploads of four addresses that wait', 4, 2000, `${headOf({ headers: { 'content-length': 60_000_000 } })}{`],
  ['2,048 idle connections of two addresses', 2, 2048, ''],
]

const half = 'POST /v1/loss HTTP/1.1\r\nhost: a\r\n'

/** What thousands may do at one moment: before it each has sent something. */
const acts: [act: string, began: string, does: (client: Client) => unknown, told: string[]][] = [
  ['send a request', '', (client) => client.send(oneRow), ['200']],
  ['send what is none', '', (client) => client.write('GARBAGE\r\n\r\n'), ['400']],
  ['break off a request', half, (client) => client.socket.end(), ['400']],
  [
    'break off a body',
    `${half}content-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    (client) => client.socket.end(),
    ['400', '503'],
  ],
  ['leave', '', (client) => client.leave(), ['left']],
]

const draw = headOf(largeAnswer) + largeAnswer.body

export const connections = [
  load({
    name: '10,000 x plotly.js pipelined, never read',
    isShort: true,
    send: async (service) => ({
      outcomes: await pipeline(service, headOf({ path: '/explore/plotly/any.js', method: 'GET' }), 10_000, 3000),
    }),
  }),
  load({
    name: '97,000 x /v1/losses pipelined, never read',
    send: async (service) => ({
      outcomes: await pipeline(service, headOf({ path: '/v1/losses', method: 'GET' }), 97_000, 5000),
    }),
  }),
  load({
    name: '300 draws of 1 MB pipelined, never read',
    send: async (service) => ({ outcomes: await pipeline(service, draw, 300, 5000) }),
  }),
  load({
    name: '60 connections with 20 draws of 1 MB pipelined, never read',
    send: async (service) => ({
      outcomes: (await Promise.all(times(60, 20).map((number) => pipeline(service, draw, number, 6000)))).flat(),
    }),
  }),
  load({
    name: 'events of 15,000 batches that nobody reads: 256 streams',
    expected: ['200', '201'],
    async send(service) {
      const path = '/v1/evaluations/streamed'
      const declaration = '{"loss":"mse","labelFormat":"values","outputs":1}'
      const outcomes: Outcome[] = [await ask(service.port, { method: 'PUT', path, body: declaration })]
      const open = await sendAndNeverRead(service, times(256, { method: 'GET', path: `${path}/events` }))
      const lines = Array.from({ length: 15_000 }, (_, at) => `{"batch":"${at}","predictions":[1],"labels":[0]}\n`)
      const headers = { 'content-type': 'application/x-ndjson' }
      outcomes.push(await ask(service.port, { path: `${path}/batches`, headers, body: lines.join('') }, other))
      for (const client of open) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: 'six clients never read the answers to 64 MB, and others come',
    isShort: true,
    expected: ['200'],
    async send(service) {
      const open = await sendAndNeverRead(service, times(6, largeReport(63.9 * mebibyte)))
      await sleep(2500)
      const outcomes = await othersFor(service, 3)
      for (const client of open) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: 'six clients hold unfinished lines of 59 MiB, and others come',
    expected: ['200'],
    async send(service) {
      const holders = await Promise.all(times(6, service.port).map((port) => Client.open(port)))
      const line = Buffer.from(oneLine(60 * mebibyte).body ?? '').subarray(0, 59 * mebibyte)
      for (const holder of holders) {
        void holder.write(streamHead)
        void holder.write(chunk(line))
      }
      await sleep(2000)
      const trickle = setInterval(() => {
        for (const holder of holders) void holder.write(chunk(' '))
      }, 500)
      const outcomes = await othersFor(service, 8)
      clearInterval(trickle)
      for (const holder of holders) holder.leave()
      return { outcomes }
    },
  }),
  load({
    name: '3,000 uploads that wait',
    async send(service) {
      const head = headOf({ headers: { 'content-length': 60_000_000 } })
      const open = await Promise.allSettled(times(3000, service.port).map((port) => Client.open(port)))
      const clients = open.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
      for (const client of clients) void client.write(`${head}{`)
      await sleep(2000)
      const outcomes: Outcome[] = [await ask(service.port, oneRow, other)]
      for (const client of clients) client.leave()
      return { outcomes }
    },
    expected: ['200'],
  }),
  ...crowds.map(([crowd, addresses, number, began]) =>
    load({
      name: `${crowd}, and others come`,
      async send(service) {
        const clients = await openFrom(addresses, service, number, began)
        await sleep(500)
        const outcomes = await othersFor(service, 3)
        for (const client of clients) client.leave()
        return { outcomes }
      },
      expected: ['200'],
    }),
  ),
  load({
    name: '300 uploads whose clients leave',
    send: async (service) => {
      const part = Buffer.concat([Buffer.from('{"predictions":['), Buffer.alloc(200_000, '1,')])
      const outcomes = times(300, service.port).map(async (port, i) => {
        const client = await Client.open(port)
        void client.write(headOf({ headers: { 'content-length': 60_000_000 } }))
        await client.write(part)
        if (i % 2 === 0) client.leave()
        else client.reset()
        return 'left'
      })
      return { outcomes: await Promise.all(outcomes) }
    },
  }),
  ...acts.map(([act, began, does, told]) =>
    load({
      name: `2,000 connections of four addresses ${act} at one moment`,
      expected: ['200', ...told],
      settings: { REQUEST_TIMEOUT_MS: '5000' },
      async send(service) {
        const clients = await openFrom(4, service, 2000, began)
        await sleep(500)
        for (const client of clients) does(client)
        const outcomes = [await ask(service.port, oneRow, other)]
        outcomes.push(...(await Promise.all(clients.map((client) => lastOf(client)))))
        return { outcomes }
      },
    }),
  ),
  claim({
    name: 'a request with a body that never ends, on every route',
    async check(stage) {
      const variables = { REQUEST_TIMEOUT_MS: '2000', HEADERS_TIMEOUT_MS: '1000', KEEP_ALIVE_TIMEOUT_MS: '1000' }
      return stage.with(variables, async ({ port }) => {
        const length = { 'content-length': 1_000_000 }
        const cases: [text: string, trickle: string][] = [
          [headOf({ path: '/livez', method: 'GET', headers: length }), ''],
          [headOf({ path: '/livez', method: 'GET', headers: length }), 'a'],
          [headOf({ path: '/livez', method: 'GET', headers: { 'transfer-encoding': 'chunked' } }), '1\r\na\r\n'],
          [headOf({ path: '/v1/loss', method: 'PUT', headers: length }), 'a'],
          [headOf({ path: '/nope', headers: length }), 'a'],
          [headOf({ headers: { ...length, 'content-type': 'text/plain' } }), 'a'],
          [headOf({ headers: length }), ' '],
          ['GET / HTTP/1.1\r\nhost: a\r\n', 'a'],
          ['', ''],
        ]
        const outcomes = await Promise.all(
          cases.map(async ([text, trickle]) => {
            const client = await Client.open(port)
            // a client of old times ends its side when the service does
            client.socket.on('end', () => client.socket.end())
            void client.write(text)
            const timer = setInterval(() => void client.write(trickle), 300)
            const isClosed = await client.closed(10_000)
            clearInterval(timer)
            client.leave()
            return isClosed ? 'closed' : `open after 10 s: ${text.split('\r\n')[0]} ${JSON.stringify(trickle)}`
          }),
        )
        return { outcomes, faults: outcomes.filter((outcome) => outcome !== 'closed') }
      })
    },
  }),
  claim({
    name: 'requests that two parsers read differently',
    isShort: true,
    async check(stage) {
      return stage.with({}, async ({ port }) => {
        const body = String(oneRow.body)
        const evil = 'GET /evil HTTP/1.1\r\nhost: a\r\n\r\n'
        const length = `content-length: ${body.length}\r\n`
        const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
        const known = Object.entries(credentials())
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')
        const start = `POST /v1/loss HTTP/1.1\r\nhost: a\r\n${known}content-type: application/json\r\n`
        const cases: Record<string, string> = {
          'two lengths': `${start}${length}content-length: 3\r\n\r\n${body}`,
          'length and chunks': `${start}${length}transfer-encoding: chunked\r\n\r\n${chunked}${evil}`,
          'chunks and length': `${start}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n${chunked}${evil}`,
          'two hosts': `${start}host: b\r\n${length}\r\n${body}`,
          'an encoding besides chunks': `${start}transfer-encoding: gzip, chunked\r\n\r\n${chunked}`,
          'an unknown encoding': `${start}transfer-encoding: xchunked\r\n\r\n${chunked}${evil}`,
          'a length in hexadecimal': `${start}content-length: 0x44\r\n\r\n${body}`,
          'a length with a sign': `${start}content-length: +${body.length}\r\n\r\n${body}`,
          'a blank before the colon': `${start}content-length : ${body.length}\r\n\r\n${body}`,
          'a folded line': `${start}transfer-encoding:\r\n chunked\r\n\r\n${chunked}${evil}`,
          'a NUL': `${start}x: a\0b\r\n${length}\r\n${body}`,
          'no host': `${start.replace('host: a\r\n', '')}${length}\r\n${body}`,
        }
        const outcomes: Outcome[] = []
        const faults: string[] = []
        for (const [name, text] of Object.entries(cases)) {
          const client = await Client.open(port)
          void client.write(text)
          const reply = await client.answer(2000)
          await sleep(50)
          outcomes.push(reply ?? 'closed')
          if (reply !== undefined && (reply.status < 400 || reply.status > 499)) faults.push(`${name}: ${reply.status}`)
          if (client.received.includes('evil')) faults.push(`${name}: the hidden request was answered`)
          client.leave()
        }
        return { outcomes, faults }
      })
    },
  }),
]
