import type { Decisions } from '../accuracy.ts'
import type { Slice, SliceOfBatch } from '../fold.ts'
import { withoutInfinite } from '../fold.ts'
import type { Rows } from '../kernels/loss.ts'
import type { Memory } from '../memory.ts'
import { integersIn, usedDoublesIn } from '../memory.ts'
import { copyDoubles, copyIntegers } from '../selection.ts'

/** The numbers of rows that a slice has, in columns; the decisions of a row stand together. */
const doublesOf = {
  losses: ({ losses }: Slice) => losses,
  weights: ({ weights }: Slice) => weights,
  // mostly they are the weights
  sampleWeights: ({ weights, sampleWeights }: Slice) => (sampleWeights === weights ? undefined : sampleWeights),
}
const integersOf = {
  correct: ({ decisions }: Slice) => decisions?.correct,
  predicted: ({ decisions }: Slice) => decisions?.predicted,
  labelled: ({ decisions }: Slice) => decisions?.labelled,
  // mostly there are no marks
  clipped: ({ clipped }: Slice) => (clipped.includes(1) ? clipped : undefined),
  tied: ({ decisions }: Slice) => decisions?.tied,
}
type DoublesName = keyof typeof doublesOf
type IntegersName = keyof typeof integersOf
const doublesNames = Object.keys(doublesOf) as DoublesName[]
const integersNames = Object.keys(integersOf) as IntegersName[]

interface Columns {
  readonly doubles: { [Name in DoublesName]?: Float64Array }
  readonly integers: { [Name in IntegersName]?: Int32Array }
}

const rowsPerStep = 2 ** 16

/** What was computed for rows, to be read in another order. */
export class ComputedRows {
  readonly #count: number
  readonly #memory: Memory
  readonly #names: readonly IntegersName[]
  readonly #columns: Columns = { doubles: {}, integers: {} }
  #areFinite = true

  /** @param isLookedAt whether more than tallies is made of them */
  constructor(count: number, isLookedAt: boolean, memory: Memory) {
    this.#count = count
    this.#memory = memory
    this.#names = isLookedAt
      ? integersNames
      : integersNames.filter((name) => name !== 'predicted' && name !== 'labelled')
  }

  /** Keeps what a slice has. @throws LimitExceeded */
  add(slice: SliceOfBatch): void {
    const { at, rows } = slice
    const { doubles, integers } = this.#columns
    if (slice.finite !== slice.losses) this.#areFinite = false
    for (const name of doublesNames) {
      const numbers = doublesOf[name](slice)
      if (numbers === undefined) continue
      doubles[name] ??= usedDoublesIn(this.#memory, this.#count)
      doubles[name].set(numbers, at)
    }
    for (const name of this.#names) {
      const numbers = integersOf[name](slice)
      if (numbers === undefined) continue
      const width = numbers.length / rows.count
      // rows before may have had no marks
      integers[name] ??= integersIn(this.#memory, this.#count * width).fill(0)
      integers[name].set(numbers, at * width)
    }
  }

  /** Reads the rows at these places, in steps. */
  *at(places: Int32Array, memory: Memory): Generator<void, SortedRows> {
    const sorted: Columns = { doubles: {}, integers: {} }
    for (const name of doublesNames) {
      const column = this.#columns.doubles[name]
      if (column === undefined) continue
      const into = usedDoublesIn(memory, places.length)
      yield* inSteps(places, (some, from) => copyDoubles(column, some, 1, into.subarray(from)))
      sorted.doubles[name] = into
    }
    for (const name of integersNames) {
      const column = this.#columns.integers[name]
      if (column === undefined) continue
      const width = column.length / this.#count
      const into = integersIn(memory, places.length * width)
      yield* inSteps(places, (some, from) => copyIntegers(column, some, width, into.subarray(from * width)))
      sorted.integers[name] = into
    }
    return new SortedRows(sorted, this.#areFinite)
  }
}

function* inSteps(places: Int32Array, copy: (some: Int32Array, from: number) => void): Generator<void, void> {
  for (let from = 0; from < places.length; from += rowsPerStep) {
    copy(places.subarray(from, from + rowsPerStep), from)
    yield
  }
}

/** What was computed, in the order of groups. */
export class SortedRows {
  readonly #columns: Columns
  readonly #areFinite: boolean

  /** @param areFinite whether no loss is infinite */
  constructor(columns: Columns, areFinite: boolean) {
    this.#columns = columns
    this.#areFinite = areFinite
  }

  /** @param rows the rows `[from, to)` as kernels read them  @param areWeightsOfSamples whether there are no other weights */
  slice(from: number, to: number, rows: Rows, areWeightsOfSamples: boolean): Slice {
    const { doubles, integers } = this.#columns
    const losses = doubles.losses?.subarray(from, to) ?? noDoubles
    const weights = doubles.weights?.subarray(from, to)
    return {
      rows,
      losses,
      finite: this.#areFinite ? losses : withoutInfinite(losses),
      weights,
      sampleWeights: areWeightsOfSamples ? weights : doubles.sampleWeights?.subarray(from, to),
      decisions: decisionsIn(integers, from, to),
      clipped: integers.clipped?.subarray(from, to) ?? noIntegers,
    }
  }
}

const noDoubles = new Float64Array(0)
const noIntegers = new Int32Array(0)

function decisionsIn(columns: Columns['integers'], from: number, to: number): Decisions | undefined {
  const { correct: all, predicted, labelled, tied } = columns
  if (all === undefined) return undefined
  const correct = all.subarray(from, to)
  let right = 0
  for (let i = 0; i < correct.length; i++) right += correct[i]
  const width = predicted === undefined ? 0 : predicted.length / all.length
  return {
    predicted: predicted?.subarray(from * width, to * width) ?? noIntegers,
    labelled: labelled?.subarray(from * width, to * width) ?? noIntegers,
    correct,
    right,
    tied: tied?.subarray(from, to),
  }
}
