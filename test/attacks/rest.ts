// What is decided by bytes and by the log.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { freePort } from '../free-port.ts'
import { uncovered } from '../uncovered.ts'
import { claim, load, times } from './attack.ts'
import { binary, mebibyte, oneRow } from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { ask, Client, chunk, headOf, lastChunk, nameOf } from './client.ts'
import { settings } from './compose.ts'
import { prepare } from './mode.ts'
import type { Service } from './service.ts'

const root = join(import.meta.dirname, '../..')
const streamHead = headOf({ headers: { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' } })
const options = '{"loss":"mse","labelFormat":"values"}\n'
const line = '{"predictions":[1],"labels":[1]}\n'

/** Streams a piece over and over as NDJSON. */
async function stream(service: Service, piece: Buffer, number: number, end = line): Promise<Outcome> {
  const client = await Client.open(service.port)
  await client.write(streamHead + chunk(options + line))
  for (let i = 0; i < number && client.received.length === 0; i++) await client.write(piece)
  await client.write(chunk(end) + lastChunk)
  const reply = await client.answer()
  client.leave()
  return reply ?? client.error ?? 'closed'
}

/** Sends a body in pieces of any size, all of it or a part. */
async function sendInPieces(port: number, request: Request, share: number, seed: number): Promise<Outcome> {
  const body = Buffer.from(request.body ?? '')
  const below = uniformIntegers(seed)
  const client = await Client.open(port)
  await client.write(headOf(request))
  for (let at = 0; at < share * body.length; ) {
    const to = at + 1 + below(below(2) === 0 ? 200_000 : 5000)
    await client.write(body.subarray(at, to))
    at = to
  }
  const reply = share === 1 ? await client.answer() : undefined
  client.leave()
  return reply ?? client.error ?? 'left'
}

const pieces = claim({
  name: 'uploads in pieces of any size, 24 at once, of which some are left, have the same bits',
  isShort: true,
  check: (stage) =>
    stage.with({}, async ({ port }) => {
      const next = uniformIntegers(7)
      const values = (length: number) => Float64Array.from({ length }, () => next(2 ** 30) / 2 ** 29 - 1)
      const rows = 200_000
      const [predictions, labels] = [values(rows), values(rows)]
      const part = { shape: [rows], datatype: 'FP64' }
      const options = { loss: 'huber', labelFormat: 'values' }
      const requests = [
        { body: JSON.stringify({ ...options, predictions: [...predictions], labels: [...labels] }) },
        binary(options, [
          { ...part, name: 'predictions', bytes: Buffer.from(predictions.buffer) },
          { ...part, name: 'labels', bytes: Buffer.from(labels.buffer) },
        ]),
      ]
      const figureOf = (outcome: Outcome) =>
        typeof outcome !== 'string' && outcome.status === 200 ? JSON.parse(outcome.body).loss : nameOf(outcome)
      const expected = figureOf(await ask(port, requests[0]))
      const sent = Array.from({ length: 24 }, (_, at) => {
        const isLeft = at % 4 === 3
        return { isLeft, outcome: sendInPieces(port, requests[at % 2], isLeft ? 0.7 : 1, at) }
      })
      const outcomes = await Promise.all(sent.map(({ outcome }) => outcome))
      const others = outcomes.filter((outcome, at) => !sent[at].isLeft && figureOf(outcome) !== expected)
      const wrong = others.map((outcome) => `${figureOf(outcome)} is not ${expected}`)
      return { outcomes, faults: typeof expected === 'number' ? wrong : [`${expected} to the first`] }
    }),
})

/** Runs the service with its log going to a file descriptor, and sends requests. */
async function withLogTo(output: number | 'pipe', requests: number, stall: (child: ReturnType<typeof spawn>) => void) {
  const port = await freePort()
  const { variables, remove } = prepare(settings.MAX_IN_FLIGHT_BYTES)
  const env = { PATH: process.env.PATH, ...uncovered, PORT: String(port), LOG_LEVEL: 'info', ...variables }
  const child = spawn(process.execPath, ['src/server.ts'], { cwd: root, env, stdio: ['ignore', output, 'ignore'] })
  const ended = once(child, 'exit')
  try {
    const end = performance.now() + 60_000
    while (typeof (await ask(port, { path: '/livez', method: 'GET' })) === 'string') {
      if (child.exitCode !== null || performance.now() > end) throw new Error('the service does not start')
      await sleep(50)
    }
    stall(child)
    const outcomes: Outcome[] = []
    for (let i = 0; i < requests; i++) {
      outcomes.push(await ask(port, oneRow, {}, 3000))
      if (typeof outcomes.at(-1) === 'string') break
    }
    const faults = outcomes.flatMap((outcome, i) => (typeof outcome === 'string' ? [`request ${i}: ${outcome}`] : []))
    child.kill('SIGTERM')
    const closed = await Promise.race([ended, sleep(8000)])
    return { outcomes, faults: closed === undefined ? [...faults, 'it does not end on SIGTERM'] : faults }
  } finally {
    child.kill('SIGKILL')
    child.stdout?.destroy()
    remove()
  }
}

const logs = [
  claim({
    name: 'a reader of the log that stalls',
    isShort: true,
    check: () => withLogTo('pipe', 1500, (child) => child.stdout?.pause()),
  }),
  claim({
    name: 'a reader of the log that has gone',
    check: () => withLogTo('pipe', 1500, (child) => child.stdout?.destroy()),
  }),
  claim({
    name: 'a full disk under the log',
    check: async () => {
      const full = openSync('/dev/full', 'w')
      try {
        return await withLogTo(full, 1500, () => undefined)
      } finally {
        closeSync(full)
      }
    },
  }),
]

export const rest = [
  load({
    name: '400 MiB of blank NDJSON lines',
    expected: ['200'],
    send: async (service) => ({
      outcomes: [await stream(service, chunk(Buffer.alloc(mebibyte, `${' '.repeat(1023)}\n`)), 400)],
    }),
  }),
  load({
    name: '1,300,000 NDJSON lines, a line a chunk',
    expected: ['200'],
    send: async (service) => ({ outcomes: [await stream(service, Buffer.concat(times(1000, chunk(line))), 1300)] }),
  }),
  pieces,
  ...logs,
]
