import { readFileSync } from 'node:fs'

/** 899 handwritten digits, and what a model says of them. */
export interface Digits {
  readonly predictions: number[][]
  readonly logits: number[][]
  readonly labels: number[]
  readonly expected: Record<string, number>
}

export const digits: Digits = JSON.parse(readFileSync(new URL('fixtures/golden/digits.json', import.meta.url), 'utf8'))
