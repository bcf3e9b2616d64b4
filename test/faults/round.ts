// One round: clients that send, replicas that are killed, a database that goes away, and what is stored in the end.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../attacks/client.ts'
import { Choices } from '../fuzz/random.ts'
import type { Outages, Period } from './disturber.ts'
import { Disturber } from './disturber.ts'
import { Ledger } from './ledger.ts'
import { Mail } from './mail.ts'
import { declarations, evaluationNames, outputsOf } from './plan.ts'
import { Reader } from './reader.ts'
import { Replica } from './replica.ts'
import { Sender, Sendings } from './sender.ts'
import { judge } from './verdict.ts'
import { Watcher } from './watcher.ts'

const clients = 8
/** Milliseconds for the last events to arrive. */
const lastEvents = 10_000

export interface Setting {
  readonly name: string
  readonly replicas: number
  readonly databaseUrl: string
  readonly outages: Outages
  readonly kills: number
  readonly seed: number
  /** Milliseconds from an acknowledgement to its event, at most. */
  readonly latestEvent: number
}

export interface Result {
  readonly name: string
  readonly replicas: number
  readonly kills: number
  /** Replicas that were asked to end. */
  readonly ends: number
  readonly outages: number
  readonly requests: number
  readonly cut: number
  readonly broken: number
  readonly unavailable: number
  readonly batches: number
  readonly lost: number
  readonly twice: number
  readonly gaps: number
  /** Reports in the middle. */
  readonly interims: number
  /** Streams of events that were opened. */
  readonly streams: number
  /** Milliseconds from an acknowledgement to its event: of 99 in 100, and of all. */
  readonly delay: { readonly usual: number; readonly longest: number }
  readonly seconds: number
  /** What should have held and did not. */
  readonly faults: readonly string[]
}

export async function run(setting: Setting): Promise<Result> {
  const variables = { DATABASE_URL: setting.databaseUrl, LOG_LEVEL: 'info' }
  const replicas = Array.from({ length: setting.replicas }, () => new Replica(variables))
  try {
    return await runWith(replicas, setting)
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()))
  }
}

async function runWith(replicas: readonly Replica[], setting: Setting): Promise<Result> {
  const { name, kills, seed } = setting
  const begin = performance.now()
  // together, on an empty database
  await Promise.all(replicas.map((replica) => replica.start()))
  await declareAll(replicas)

  const mail = new Mail(seed)
  const ledger = new Ledger()
  const sendings = new Sendings()
  const choices = (number: number) => new Choices((seed + 1000 + number) >>> 0)
  const watchers = replicas.flatMap((replica, at) =>
    evaluationNames.map((evaluation) => new Watcher(replica, evaluation, choices(100 + at))),
  )
  const reader = new Reader(replicas, ledger, choices(200))
  const disturber = new Disturber(replicas, setting.outages, choices(300))
  const senders = Array.from({ length: clients }, (_, at) =>
    new Sender(replicas, ledger, choices(at), sendings).sendAll(mail),
  )
  await disturber.disturb(kills)
  mail.end()
  await Promise.all(senders)

  const isMissing = ({ seen, evaluation }: Watcher) => seen.length < ledger.acknowledged(evaluation)
  for (const end = performance.now() + lastEvents; watchers.some(isMissing) && performance.now() < end; ) {
    await sleep(20)
  }
  await Promise.all([reader.end(), ...watchers.map((watcher) => watcher.end())])

  // one of them knows nothing but what is stored
  await replicas[0].kill()
  await replicas[0].start()
  const { faults, ...verdict } = await judge(replicas, mail.batches, ledger, reader.interims)
  const delay = delaysOf(watchers, ledger, disturber.outages)
  return {
    name,
    replicas: replicas.length,
    kills: disturber.kills,
    ends: disturber.ends,
    outages: disturber.outages.length,
    requests: sendings.requests,
    cut: sendings.cut,
    broken: sendings.broken,
    unavailable: sendings.unavailable,
    batches: mail.batches.length,
    ...verdict,
    interims: reader.interims.length,
    streams: watchers.reduce((sum, { connections }) => sum + connections, 0),
    delay,
    seconds: (performance.now() - begin) / 1000,
    faults: [
      ...sendings.faults,
      ...ledger.faults,
      ...reader.faults,
      ...watchers.flatMap((watcher) => watcher.faults),
      ...watchers.filter(isMissing).map(({ evaluation }) => `a stream of ${evaluation} misses its last events`),
      ...replicas.flatMap(({ errors }) => (errors === '' ? [] : [`a replica wrote: ${errors.slice(0, 1000)}`])),
      ...faults,
      ...(delay.usual > setting.latestEvent ? [`events came after ${delay.usual.toFixed()} ms`] : []),
      ...(verdict.lost + verdict.twice + verdict.gaps > 0 ? ['batches were lost, counted twice, or left gaps'] : []),
    ],
  }
}

async function declareAll([{ port = 0 }]: readonly Replica[]): Promise<void> {
  for (const evaluation of evaluationNames) {
    const body = JSON.stringify({ ...declarations[evaluation], outputs: outputsOf(evaluation) })
    const reply = await ask(port, { method: 'PUT', path: `/v1/evaluations/${evaluation}`, body })
    if (typeof reply === 'string' || reply.status !== 201) {
      throw new Error(`declared: ${typeof reply === 'string' ? reply : reply.body}`)
    }
  }
}

/** How long events took, not counting the times when there was no connection or no database. */
function delaysOf(watchers: readonly Watcher[], ledger: Ledger, outages: readonly Period[]): Result['delay'] {
  const delays = watchers.flatMap(({ evaluation, seen }) =>
    seen.flatMap(({ name, at, since }) => {
      const acknowledged = ledger.entry(evaluation, name)
      if (acknowledged === undefined) return []
      const due = Math.max(acknowledged.at, since)
      const last = outages.findLast(({ from, to }) => from < at && to > due)
      return [Math.max(0, at - Math.max(due, last?.to ?? 0))]
    }),
  )
  const sorted = delays.toSorted((a, b) => a - b)
  return { usual: sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 0, longest: sorted.at(-1) ?? 0 }
}
