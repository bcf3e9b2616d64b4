import type { FastifyInstance } from 'fastify'
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

type Numbers = number | string | readonly Numbers[]

function mapped(value: unknown, change: (element: number | string) => number): unknown {
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
    sent[name] = mapped(sent[name], (value) => values[String(value)] ?? Number(value))
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
