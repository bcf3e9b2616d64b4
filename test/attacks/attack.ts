// What an attack is, and how it is measured.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome, Request } from './client.ts'
import { ask, Client, count } from './client.ts'
import { memoryBound, memoryLimit } from './compose.ts'
import { Pinger } from './pinger.ts'
import type { Service, Turns } from './service.ts'
import type { Stage } from './stage.ts'

/** What was seen while an attack went on. */
export interface Figures {
  /** The most resident memory, in MiB. */
  readonly peak: number
  /** Resident memory when it had settled, over what it was before, in MiB. */
  readonly settled: number
  /** The longest turn of the event loop, in milliseconds of processor time, and how long it may be. */
  readonly turn: number
  readonly turnBound: number
  /** The longest turn in milliseconds of the clock, which a busy machine prolongs: it is told, and not judged. */
  readonly delay: number
  /** The longest wait of another client, in milliseconds, without the time in which the service got no processor. */
  readonly wait: number
  /** Processor time of the service, in seconds. */
  readonly processor: number
}

export interface Result {
  /** How many answers of each kind came. */
  readonly answers: Readonly<Record<string, number>>
  /** What should have held and did not. */
  readonly faults: readonly string[]
  readonly figures?: Figures
}

/** How much more than promised is let pass: nothing by `npm run test:attacks`, in `npm run test:all` what a busy machine costs. */
export interface Tolerance {
  /** Milliseconds of processor time that one turn of the event loop may take. */
  readonly turn: number
  /** The same under legal load. */
  readonly legalTurn: number
  /** Milliseconds that another client may wait. */
  readonly wait: number
  /** MiB that may remain when the attackers have left. */
  readonly remainder: number
  /** Processor time may be so many times what was promised. */
  readonly processor: number
}

export const promised: Tolerance = { turn: 40, legalTurn: 20, wait: 1000, remainder: 150, processor: 1 }
export const generous: Tolerance = { turn: 100, legalTurn: 50, wait: 3000, remainder: 300, processor: 3 }

export interface Attack {
  readonly name: string
  /** Whether it belongs to the short round. */
  readonly isShort?: boolean
  attempt(stage: Stage, tolerance: Tolerance): Promise<Result>
}

/** What an attack sent and what came of it. */
export interface Sent {
  readonly outcomes: readonly Outcome[]
  readonly faults?: readonly string[]
  /** The longest turns that were seen, where `send` has looked itself. */
  readonly turns?: Turns
}

export interface Load {
  readonly name: string
  readonly isShort?: boolean
  /** Nothing but what anybody may send: the service must stay brisker. */
  readonly isLegal?: boolean
  /** Settings besides those of the compose file. */
  readonly settings?: Record<string, string>
  /** What may be answered; every answer is one of these, and the first comes. */
  readonly expected?: readonly string[]
  /** Milliseconds that the other client may wait, where it is less than usual. */
  readonly wait?: number
  /** Seconds of processor time that all of it may cost. */
  readonly processor?: number
  send(service: Service, tolerance: Tolerance): Promise<Sent>
}

const noTurns: Turns = { turn: 0, delay: 0 }
/** Milliseconds in which the probe reports. */
const breath = 80
const secondsToSettle = 20

/** An attack on a service that is watched, while another client goes on sending. */
export function load({
  settings = {},
  send,
  isLegal,
  expected,
  processor,
  wait = promised.wait,
  ...attack
}: Load): Attack {
  return {
    ...attack,
    attempt: (stage, tolerance) =>
      stage.with(settings, async (service) => {
        service.forgetPeak()
        await sleep(200)
        const before = service.memory.resident
        const processorBefore = service.processor
        const pinger = new Pinger(service.port, service.pids)
        await sleep(200)
        service.forgetTurns()
        const { outcomes, faults = [], turns = noTurns } = await send(service, tolerance)
        const used = service.processor - processorBefore
        await sleep(100)
        const turn = Math.max(turns.turn, service.turns.turn)
        const delay = Math.max(turns.delay, service.turns.delay)
        const turnBound = isLegal ? tolerance.legalTurn : tolerance.turn
        const settled = await settle(service, before, tolerance.remainder)
        const pings = await pinger.end()
        const { peak } = service.memory
        const figures = { peak, settled, turn, turnBound, delay, wait: pings.longest, processor: used }
        const answers = count(outcomes)
        const all = [
          ...faults,
          service.isKilled && `killed when it held more than ${1.5 * memoryLimit} MiB`,
          service.log.includes('a worker has ended') && 'a worker has ended',
          // such a service refuses connections, and goes on answering what it has begun
          /^.*"msg":"(?:closing|the event loop has not turned).*$/m.exec(service.log)?.[0].slice(0, 1000),
          !service.isRunning && !service.isKilled && `ended: ${service.errors.slice(0, 300)}`,
          figures.peak > memoryBound && `${inDigits(figures.peak)} MiB are more than ${inDigits(memoryBound)}`,
          settled > tolerance.remainder && `${inDigits(settled)} MiB more than before after ${secondsToSettle} s`,
          turn > turnBound && turn > turns.turn && `a turn of ${inDigits(turn)} ms`,
          figures.wait > wait * (tolerance.wait / promised.wait) &&
            `another client waited ${inDigits(figures.wait)} ms for ${pings.slowest}`,
          Object.keys(pings.refused).length > 0 && `another client got ${JSON.stringify(pings.refused)}`,
          processor !== undefined &&
            used > processor * tolerance.processor &&
            `${used.toFixed(2)} s of processor time are more than ${processor}`,
          ...unexpected(answers, expected),
          ...outcomes.flatMap((outcome) => wrong503(outcome)).slice(0, 1),
        ]
        return { answers, figures, faults: all.filter((fault) => typeof fault === 'string') }
      }),
  }
}

/** An attack that is judged by what it gets alone. */
export function claim({
  check,
  ...attack
}: Omit<Attack, 'attempt'> & { check(stage: Stage, tolerance: Tolerance): Promise<Sent> }): Attack {
  return {
    ...attack,
    async attempt(stage, tolerance) {
      const { outcomes, faults = [] } = await check(stage, tolerance)
      return { answers: count(outcomes), faults }
    },
  }
}

/** In how many of how many tries an attack must hold. */
export interface Rule {
  readonly needed: number
  readonly tries: number
}

/** Of the short round: what is broken in every second try fails in three of four runs, and what a busy machine breaks once does not. */
export const mostOfThree: Rule = { needed: 2, tries: 3 }

/** Tries an attack until it is decided: a result without a fault, or else that with the fewest. */
export async function judge(attack: Attack, stage: Stage, tolerance: Tolerance, rule: Rule): Promise<Result> {
  const held: Result[] = []
  const broken: Result[] = []
  while (held.length < rule.needed && broken.length <= rule.tries - rule.needed) {
    const result = await attack.attempt(stage, tolerance).catch((error) => ({ answers: {}, faults: [String(error)] }))
    if (result.faults.length === 0) held.push(result)
    else {
      broken.push(result)
      // what an attack has left behind is not to be held against the next
      await stage.clear()
    }
  }
  if (held.length === rule.needed) return held[0]
  return broken.toSorted((a, b) => a.faults.length - b.faults.length)[0]
}

/** Requests at one time, each over a connection of its own. */
export async function together(
  service: Service,
  requests: readonly Request[],
  milliseconds?: number,
): Promise<Outcome[]> {
  return Promise.all(requests.map((request) => ask(service.port, request, {}, milliseconds)))
}

export function times<Value>(number: number, value: Value): Value[] {
  return Array.from({ length: number }, () => value)
}

/** Sends a request and leaves after some time, if no answer came. */
export async function sendAndLeave(service: Service, request: Request, milliseconds: number): Promise<Outcome> {
  const client = await Client.open(service.port)
  void client.send(request)
  const reply = await client.answer(milliseconds)
  client.leave()
  return reply ?? client.error ?? 'left'
}

/** Connections that send requests and take no answer; those that were refused are left out. */
export async function sendAndNeverRead(service: Service, requests: readonly Request[]): Promise<Client[]> {
  const open = await Promise.allSettled(
    requests.map(async (request) => {
      const client = await Client.open(service.port, { isReading: false })
      void client.send(request)
      return client
    }),
  )
  return open.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

/** Sends requests one after the other; a fault for each that holds the event loop up for longer than `bound`. */
export async function alone(
  service: Service,
  requests: Readonly<Record<string, Request>>,
  bound: number,
): Promise<Sent> {
  const outcomes: Outcome[] = []
  const faults: string[] = []
  let [turn, delay] = [0, 0]
  for (const [name, request] of Object.entries(requests)) {
    await sleep(breath)
    service.forgetTurns()
    outcomes.push(await ask(service.port, request, {}, 120_000))
    await sleep(breath)
    const seen = service.turns
    turn = Math.max(turn, seen.turn)
    delay = Math.max(delay, seen.delay)
    if (seen.turn > bound)
      faults.push(`${name}: a turn of ${inDigits(seen.turn)} ms, ${inDigits(seen.delay)} by the clock`)
  }
  return { outcomes, faults, turns: { turn, delay } }
}

/** Waits until memory has come back; how much more than before it is then. */
async function settle(service: Service, before: number, remainder: number): Promise<number> {
  const over = () => service.memory.resident - before
  for (let waited = 0; waited < 10 * secondsToSettle && over() > remainder && service.isRunning; waited++) {
    await sleep(100)
  }
  return service.isRunning ? over() : 0
}

function unexpected(answers: Result['answers'], expected: readonly string[] | undefined): string[] {
  if (expected === undefined) return []
  const others = Object.keys(answers).filter((name) => !expected.includes(name))
  const faults = others.map((name) => `${answers[name]} x "${name}"`)
  return answers[expected[0]] === undefined ? [...faults, `not one ${expected[0]}`] : faults
}

function wrong503(outcome: Outcome): string[] {
  const isRight = typeof outcome === 'string' || outcome.status !== 503 || outcome.headers['retry-after'] !== undefined
  return isRight ? [] : ['503 without Retry-After']
}

function inDigits(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 })
}
