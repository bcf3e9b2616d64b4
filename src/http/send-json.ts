import type { FastifyReply } from 'fastify'
import { NumberRows } from '../loss/report/number-rows.ts'
import type { Task } from '../runtime/scheduler.ts'

const scalarsPerStep = 4096
const charactersPerStep = 2 ** 18

/** Sends an answer that may be large: it is written step by step. */
export async function sendJson(reply: FastifyReply, task: Task, answer: object): Promise<FastifyReply> {
  return sendPayload(reply, await task.runNow(jsonPayload(answer)))
}

export function sendPayload(reply: FastifyReply, payload: string | Buffer): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(payload)
}

function* jsonPayload(answer: object): Generator<void, string | Buffer> {
  return yield* payloadOf(yield* jsonText(answer))
}

/** JSON.stringify step by step, for plain arrays and objects: a large answer must not hold up other requests. */
export function* jsonText(value: unknown): Generator<void, string> {
  if (weightOf(value) < scalarsPerStep) return JSON.stringify(value)
  if (value instanceof NumberRows) return yield* rowsText(value)
  const isList = Array.isArray(value)
  const parts: string[] = []
  for (const group of groupsOf(isList ? value : Object.entries(value as object))) {
    parts.push(yield* isList ? elementsText(group) : membersText(group as [string, unknown][]))
    yield
  }
  const text = parts.filter((part) => part !== '').join(',')
  return isList ? `[${text}]` : `{${text}}`
}

/** A text as it is sent. A large one is encoded step by step, since a socket would encode it all at once. */
export function* payloadOf(text: string): Generator<void, string | Buffer> {
  if (text.length <= charactersPerStep) return text
  const chunks: Buffer[] = []
  for (let from = 0; from < text.length; ) {
    yield
    const end = from + charactersPerStep
    const to = isHighSurrogate(text.charCodeAt(end - 1)) ? end + 1 : end
    chunks.push(Buffer.from(text.slice(from, to)))
    from = to
  }
  yield
  return Buffer.concat(chunks)
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function* elementsText(elements: readonly unknown[]): Generator<void, string> {
  return elements.length === 1 ? yield* jsonText(elements[0]) : JSON.stringify(elements).slice(1, -1)
}

function* membersText(members: readonly [string, unknown][]): Generator<void, string> {
  if (members.length > 1) return JSON.stringify(Object.fromEntries(members)).slice(1, -1)
  const [name, value] = members[0]
  return value === undefined ? '' : `${JSON.stringify(name)}:${yield* jsonText(value)}`
}

/** Makes arrays of rows only while they are written: many that live long would keep the garbage collector busy. */
function* rowsText(rows: NumberRows): Generator<void, string> {
  const { data, width = 1 } = rows
  const parts: string[] = []
  if (width < scalarsPerStep) {
    const step = width * Math.floor(scalarsPerStep / width)
    for (let from = 0; from < data.length; from += step) {
      parts.push(JSON.stringify(rows.part(from, from + step)).slice(1, -1))
      yield
    }
  } else {
    for (let from = 0; from < data.length; from += width) parts.push(yield* rowsText(rows.list(from, from + width)))
  }
  return `[${parts.join()}]`
}

function* groupsOf<Element>(elements: readonly Element[]): Generator<Element[]> {
  for (let from = 0, to = 0; from < elements.length; from = to) {
    let weight = 0
    while (to < elements.length && (to === from || weight + weightOf(elements[to]) <= scalarsPerStep)) {
      weight += weightOf(elements[to])
      to++
    }
    yield elements.slice(from, to)
  }
}

function weightOf(value: unknown, known = 0): number {
  let weight = known + 1
  if (value instanceof NumberRows) return weight + value.data.length
  if (typeof value !== 'object' || value === null) return weight
  if (Array.isArray(value)) {
    for (const element of value) {
      if (weight >= scalarsPerStep) break
      weight = weightOf(element, weight)
    }
  } else {
    for (const name in value) {
      if (weight >= scalarsPerStep) break
      weight = weightOf((value as Record<string, unknown>)[name], weight)
    }
  }
  return weight
}
