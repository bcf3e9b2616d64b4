import { Readable } from 'node:stream'
import { parseConfig } from '../src/config.ts'
import { decodeJson, readJson } from '../src/formats/json.ts'
import { batchKind } from '../src/formats/oip-header.ts'
import { BodyReader, bodyAtHand } from '../src/formats/reader.ts'
import { limitsOf } from '../src/http/limits.ts'
import { Resources } from '../src/http/request-context.ts'

/**
 * Microseconds of processor time that decoding a JSON body of one row takes: taken as a whole, as `bodyAtHand` allows, and by a
 * `BodyReader`. Run it with `node bench/decode.ts`; the rounds of the two alternate.
 */
const rounds = { warmUp: 6, measured: 30 }
const perRound = 1000

const limits = limitsOf(parseConfig({}))
const resources = new Resources(limits)
const predictions = [[0.1, 2.3, -1.2, 0.4, 3.3, -0.5, 1.1, 0.2, 0.9, -2.2]]
const body = Buffer.from(JSON.stringify({ loss: 'cross-entropy', labelFormat: 'index', predictions, labels: [4] }))
const headers = { 'content-length': String(body.length) }

function payloadOf(): Readable {
  const payload = new Readable({ read() {} })
  payload.push(body)
  payload.push(null)
  return payload
}

const ways = {
  'as a whole': async () => {
    const work = resources.open('a')
    const whole = bodyAtHand({ headers, continueBody: null }, payloadOf(), limits)
    if (whole === undefined) throw new Error('the body is not at hand')
    work.received(whole.length)
    await work.task.runNow(decodeJson(whole, work.memory, limits, batchKind))
    work.close()
  },
  'by a reader': async () => {
    const work = resources.open('a')
    const reader = new BodyReader({ headers, continueBody: null }, payloadOf(), work, limits)
    await readJson(reader, work, limits, batchKind)
    work.close()
  },
}

/** Microseconds of processor time of each way, the median of all rounds. */
export async function benchDecode(): Promise<Record<string, number>> {
  const times: Record<string, number[]> = {}
  for (let round = -rounds.warmUp; round < rounds.measured; round++) {
    for (const [name, run] of Object.entries(ways)) {
      const before = process.cpuUsage()
      for (let count = 0; count < perRound; count++) await run()
      const { user, system } = process.cpuUsage(before)
      times[name] ??= []
      if (round >= 0) times[name].push((user + system) / perRound)
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([name, all]) => [name, all.toSorted((a, b) => a - b)[all.length >> 1]]),
  )
}

if (import.meta.main) {
  for (const [name, microseconds] of Object.entries(await benchDecode())) {
    process.stdout.write(`${name}: ${microseconds.toFixed(1)} µs\n`)
  }
}
