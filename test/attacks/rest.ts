// What is decided by bytes, by settings and by the log.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { claim, load, times } from './attack.ts'
import { binary, mebibyte, oneRow } from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { ask, Client, chunk, headOf, lastChunk, nameOf } from './client.ts'
import { settings } from './compose.ts'
import { prepare, workers } from './mode.ts'
import { Service } from './service.ts'

const root = join(import.meta.dirname, '../..')
const streamHead = headOf({ headers: { 'content-type': 'application/x-ndjson', 'transfer-encoding': 'chunked' } })
const options = '{"loss":"mse","labelFormat":"values"}\n'
const line = '{"predictions":[1],"labels":[1]}\n'
/** A key that has the FNV-1a hash of "predictions". */
const collision = '\u512c\u6055\uc18c\u52a7\u62e8'

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

/** Sends a compressed body cut at some places. */
async function sendCut(port: number, body: Buffer, encoding: string, cuts: readonly number[]): Promise<Outcome> {
  const client = await Client.open(port)
  await client.write(headOf({ body, headers: { 'content-encoding': encoding } }))
  const ends = [...cuts, body.length]
  let from = 0
  for (const to of ends) {
    await client.write(body.subarray(from, to))
    await sleep(4)
    from = to
  }
  const reply = await client.answer(5000)
  client.leave()
  return reply ?? client.error ?? 'closed'
}

const frames = claim({
  name: 'compressed bodies of several parts, cut anywhere',
  isShort: true,
  check: (stage) =>
    stage.with({}, async ({ port }) => {
      const text = Buffer.from(String(oneRow.body))
      const halves = [text.subarray(0, 30), text.subarray(30)]
      const large = Buffer.from(
        `{"loss":"mse","labelFormat":"values","predictions":[${Array.from({ length: 60_000 }, (_, i) => i)}],"labels":[${Array.from({ length: 60_000 }, (_, i) => i)}]}`,
      )
      const inFrames = (bytes: number) =>
        Buffer.concat(
          times(Math.ceil(large.length / bytes), 0).map((_, i) =>
            zstdCompressSync(large.subarray(i * bytes, (i + 1) * bytes)),
          ),
        )
      const skipped = Buffer.from('502a4d180500000068656c6c6f', 'hex')
      const zstd = Buffer.concat(halves.map((half) => zstdCompressSync(half)))
      const gzip = Buffer.concat(halves.map((half) => gzipSync(half)))
      const [first] = halves.map((half) => zstdCompressSync(half).length)
      const everywhere = (body: Buffer) => Array.from({ length: body.length - 1 }, (_, i) => i + 1)
      const right: [encoding: string, body: Buffer, cuts: number[]][] = [
        ...[[], [first], [5], [first + 5], everywhere(zstd)].map((cuts): [string, Buffer, number[]] => [
          'zstd',
          zstd,
          cuts,
        ]),
        ...[[], [20], everywhere(gzip)].map((cuts): [string, Buffer, number[]] => ['gzip', gzip, cuts]),
        ...[2000, 20_000, 100_000].map((bytes): [string, Buffer, number[]] => ['zstd', inFrames(bytes), []]),
        ['zstd', Buffer.concat([skipped, zstd]), []],
        ['zstd', Buffer.concat([zstd, skipped]), []],
      ]
      const wrong: [encoding: string, body: Buffer, cuts: number[]][] = ['xx', '{}', '\0\0\0\0\0\0\0\0'].flatMap(
        (tail) =>
          [0, 1].map((at): [string, Buffer, number[]] => [
            'zstd',
            Buffer.concat([zstd, Buffer.from(tail)]),
            [zstd.length + at],
          ]),
      )
      const outcomes: Outcome[] = []
      const faults: string[] = []
      for (const [cases, status] of [
        [right, '200'],
        [wrong, '400'],
      ] as const) {
        for (const [encoding, body, cuts] of cases) {
          const outcome = await sendCut(port, body, encoding, cuts)
          outcomes.push(outcome)
          const got = nameOf(outcome)
          if (got !== status) faults.push(`${encoding} of ${body.length} bytes cut at ${cuts.slice(0, 3)}: ${got}`)
        }
      }
      return { outcomes, faults }
    }),
})

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

const keys = claim({
  name: 'a key that hashes like another',
  isShort: true,
  check: (stage) =>
    stage.with({}, async ({ port }) => {
      const body = `{"loss":"mse","labelFormat":"values","${collision}":[1,2],"labels":[1,3]}`
      const outcome = await ask(port, { body })
      const isTold =
        typeof outcome !== 'string' && outcome.status === 422 && outcome.body.includes('not a recognised field')
      return { outcomes: [outcome], faults: isTold ? [] : ['it is not told that the field is unknown'] }
    }),
})

/** Settings that cannot be meant, and what the message must name. */
const contradictions: [variables: Record<string, string>, remedy: RegExp][] = [
  [{ MAX_BODY_BYTES: '67108864', MAX_IN_FLIGHT_BYTES: '33554432' }, /MAX_IN_FLIGHT_BYTES/],
  [{ REQUEST_TIMEOUT_MS: '0' }, /REQUEST_TIMEOUT_MS/],
  [{ CORS_ORIGIN: ',' }, /CORS_ORIGIN/],
]

const configuration = claim({
  name: 'settings that contradict each other',
  check: async () => {
    const outcomes: Outcome[] = []
    const faults: string[] = []
    for (const [variables, remedy] of contradictions) {
      const started = await Service.start(variables).then(
        async (service) => {
          await service.stop()
          return 'started'
        },
        (error: Error) => error.message,
      )
      outcomes.push(started === 'started' ? 'started' : 'refused')
      if (!remedy.test(started)) faults.push(`${JSON.stringify(variables)}: ${started.slice(0, 100)}`)
    }
    return { outcomes, faults }
  },
})

/** Runs the service with its log going to a file descriptor, and sends requests. */
async function withLogTo(output: number | 'pipe', requests: number, stall: (child: ReturnType<typeof spawn>) => void) {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const { variables, remove } = prepare(settings.MAX_IN_FLIGHT_BYTES)
  const env = { PATH: process.env.PATH, PORT: String(port), LOG_LEVEL: 'info', ...variables }
  const child = spawn(process.execPath, ['src/server.ts'], { cwd: root, env, stdio: ['ignore', output, 'ignore'] })
  const ended = once(child, 'exit')
  try {
    for (let i = 0; i < 200 && typeof (await ask(port, { path: '/livez', method: 'GET' })) === 'string'; i++)
      await sleep(50)
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
  frames,
  pieces,
  keys,
  configuration,
  ...logs,
  claim({
    name: 'requests that are refused or left have a line in the log, and an id',
    async check(stage) {
      return stage.with({}, async (service) => {
        const client = await Client.open(service.port)
        await client.write('GARBAGE\r\n\r\n')
        const raw = await client.answer(3000)
        const leaver = await Client.open(service.port)
        await leaver.write(`${headOf({ headers: { 'content-length': 1000, 'x-request-id': 'the-one-that-left' } })}{`)
        await sleep(300)
        leaver.leave()
        await sleep(500)
        const id = raw === undefined ? undefined : (JSON.parse(raw.body) as { requestId?: string }).requestId
        const faults = [
          !id && 'a raw 400 without an id',
          id && !service.log.includes(id) && 'a raw 400 without a line',
          !service.log.includes('the-one-that-left') && 'a request that was left has no line',
        ]
        return { outcomes: [raw ?? 'closed'], faults: faults.filter((fault) => typeof fault === 'string') }
      })
    },
  }),
  claim({
    name: '/readyz tells how full the service is',
    check: (stage) =>
      stage.with({}, async ({ port }) => {
        const empty = await ask(port, { path: '/readyz', method: 'GET' })
        const client = await Client.open(port)
        await client.write(headOf({ headers: { 'content-length': 50_000_000 } }))
        await client.write(Buffer.concat([Buffer.from('{"predictions":['), Buffer.alloc(40_000_000, '1,')]))
        await sleep(1500)
        // each worker tells of itself, and connections go to them in turn
        const full: Outcome[] = []
        for (let i = 0; i < 2 * workers; i++) full.push(await ask(port, { path: '/readyz', method: 'GET' }))
        client.leave()
        const numbers = (outcome: Outcome) =>
          typeof outcome === 'string' ? outcome : outcome.body.replace(/"requestId":"[^"]*"/, '')
        const faults = [
          full.some((outcome) => nameOf(outcome) !== '200') && 'it is not ready',
          full.every((outcome) => numbers(outcome) === numbers(empty)) && 'it says the same with 40 MB held',
        ]
        return { outcomes: [empty, ...full], faults: faults.filter((fault) => typeof fault === 'string') }
      }),
  }),
]
