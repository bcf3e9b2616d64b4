import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { errorCodes } from '../../src/loss/error-codes.ts'
import type { Remedy } from '../../src/loss/remedies/remedy.ts'

export type Body = Record<string, unknown>

/** A request that a beginner sends, and what must come. */
export interface Mistake {
  readonly name: string
  readonly body: Body
  /** Of the first error. */
  readonly code: string
  /** Words of `detail`, each of which must be there. */
  readonly words: readonly (string | RegExp)[]
  /** The loss of the request that was meant, by the formula; undefined where no remedy may be offered. */
  readonly truth?: number | undefined
}

export function mistake(
  name: string,
  body: Body,
  code: string,
  words: readonly (string | RegExp)[],
  meant?: number,
): Mistake {
  return { name, body, code, words, truth: meant }
}

interface ListedError {
  readonly code: string
  readonly detail: string
  readonly remedies?: readonly Remedy[]
}

export interface Refusal {
  readonly status: number
  readonly detail: string
  readonly errors: readonly ListedError[]
  readonly errorCount: number
  readonly looksLike?: string
}

export async function refusalOf(app: FastifyInstance, body: Body | string, url = '/v1/loss'): Promise<Refusal> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { 'content-type': 'application/json' }
  const answer = await app.inject({ method: 'POST', url, headers, payload })
  return { errors: [], ...answer.json(), status: answer.statusCode }
}

/** Tests that a mistake is refused with its code and its words. */
export async function checkWords(t: Test, app: FastifyInstance, { name, body, code, words }: Mistake): Promise<void> {
  const { status, errors, detail } = await refusalOf(app, body)
  t.equal(status, 422, name)
  const codes = errors.map((error) => error.code)
  t.ok(codes.includes(code), `${name}: ${code} among ${codes}`)
  for (const word of words) t.match(detail, word, name)
  for (const found of codes) t.ok(found in errorCodes, `${name}: ${found}`)
}

/** Tests that each remedy leads to the loss that was meant. @returns how many were offered: none where nobody can know */
export async function checkRemedies(t: Test, app: FastifyInstance, { name, body, truth }: Mistake): Promise<number> {
  const { errors } = await refusalOf(app, body)
  const remedies = errors.flatMap((error) => error.remedies ?? [])
  t.equal(remedies.length > 0, truth !== undefined, `${name}: ${JSON.stringify(remedies)}`)
  for (const remedy of remedies) {
    const answer = (await refusalOf(app, followed(body, remedy))) as unknown as { status: number; loss: number }
    t.equal(answer.status, 200, `${name} ${JSON.stringify(remedy)}`)
    const isRight = Math.abs(answer.loss - Number(truth)) <= 1e-5 * Math.max(1, Math.abs(Number(truth)))
    t.ok(isRight, `${name} ${JSON.stringify(remedy)}: ${answer.loss} for ${truth}`)
  }
  return remedies.length
}

type Numbers = number | string | readonly Numbers[]

function mapped(value: unknown, change: (element: number | string) => number | string): unknown {
  return Array.isArray(value) ? value.map((inner) => mapped(inner, change)) : change(value as number | string)
}

/** The request as a client sends it that follows a remedy. Written for the tests alone. */
export function followed(body: Body, remedy: Remedy): Body {
  const sent: Body = structuredClone(body)
  for (const [from, to] of Object.entries(remedy.rename ?? {})) {
    sent[to] = sent[from]
    delete sent[from]
  }
  Object.assign(sent, remedy.set)
  for (const name of remedy.parse ?? []) sent[name] = mapped(sent[name], Number)
  for (const name of remedy.transpose ?? []) {
    const rows = sent[name] as number[][]
    sent[name] = rows[0].map((_, column) => rows.map((row) => row[column]))
  }
  for (const name of remedy.flatten ?? []) sent[name] = (sent[name] as Numbers[]).flat(2)
  for (const [name, factor] of Object.entries(remedy.scale ?? {})) {
    sent[name] = mapped(sent[name], (value) => Number(value) * factor)
  }
  for (const [name, term] of Object.entries(remedy.add ?? {})) {
    sent[name] = mapped(sent[name], (value) => Number(value) + term)
  }
  for (const [name, values] of Object.entries(remedy.replace ?? {})) {
    sent[name] = mapped(sent[name], (value) => values[String(value)] ?? value)
  }
  for (const [name, [low, high]] of Object.entries(remedy.clip ?? {})) {
    sent[name] = mapped(sent[name], (value) => Math.min(high, Math.max(low, Number(value))))
  }
  return sent
}

// the formulas of the contract, written plainly; the guard of the logarithm is within the tolerance of the tests

export function crossEntropy(rows: readonly (readonly number[])[], classes: readonly number[]): number {
  return mean(rows.map((row, at) => -Math.log(row[classes[at]])))
}

export function crossEntropyOfLogits(rows: readonly (readonly number[])[], classes: readonly number[]): number {
  return crossEntropy(
    rows.map((row) => {
      const sum = row.reduce((total, value) => total + Math.exp(value), 0)
      return row.map((value) => Math.exp(value) / sum)
    }),
    classes,
  )
}

export function binaryCrossEntropy(chances: readonly number[], labels: readonly number[]): number {
  return mean(chances.map((p, at) => -(labels[at] * Math.log(p) + (1 - labels[at]) * Math.log(1 - p))))
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value))
}

export function meanOf(
  predictions: readonly number[],
  labels: readonly number[],
  term: (difference: number) => number,
) {
  return mean(predictions.map((value, at) => term(value - labels[at])))
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}
