import { uniformIntegers } from '../../src/runtime/random.ts'

/** Choices that follow from a seed. */
export class Choices {
  readonly #below: (bound: number) => number

  constructor(seed: number) {
    this.#below = uniformIntegers(seed)
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return this.#below(bound)
  }

  /** A number from 0 to 1. */
  share(): number {
    return this.#below(2 ** 30) / 2 ** 30
  }

  /** True with a probability. */
  chance(probability: number): boolean {
    return this.share() < probability
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.#below(values.length)]
  }

  list<Value>(length: number, value: () => Value): Value[] {
    return Array.from({ length }, value)
  }
}
