import type { Memory } from './memory.ts'
import { integersIn, ScopedMemory } from './memory.ts'
import type { MiniBatch } from './spec.ts'

/** Draws an integer from 0 to `bound - 1`, each as likely as any other. */
export type UniformInteger = (bound: number) => number

const drawsPerStep = 8192
const rowsPerStep = 2 ** 16

/**
 * The rows of numpy.random.RandomState.choice, in its order, in steps: with replacement uniform integers, without the first
 * `size` rows of a Fisher-Yates shuffle from the back, which holds 4 bytes for each of the population.
 * @param populationSize 1 to 2^32; without replacement at least `size` and below 2^31
 * @returns integers of 32 bits, to be read as unsigned
 */
export function* drawRows(
  populationSize: number,
  { size, replacement }: Omit<MiniBatch, 'seed'>,
  uniform: UniformInteger,
  memory: Memory,
): Generator<void, Int32Array<ArrayBuffer>> {
  const rows = integersIn(memory, size)
  yield* replacement ? drawAll(rows, populationSize, uniform) : shuffle(rows, populationSize, uniform, memory)
  return rows
}

function* drawAll(rows: Int32Array, populationSize: number, uniform: UniformInteger): Generator<void, void> {
  for (let from = 0; from < rows.length; from += drawsPerStep) {
    const to = Math.min(from + drawsPerStep, rows.length)
    for (let i = from; i < to; i++) rows[i] = uniform(populationSize)
    yield
  }
}

function* shuffle(
  rows: Int32Array,
  populationSize: number,
  uniform: UniformInteger,
  memory: Memory,
): Generator<void, void> {
  using scope = new ScopedMemory(memory)
  const population = integersIn(scope, populationSize)
  for (let from = 0; from < populationSize; from += rowsPerStep) {
    const to = Math.min(from + rowsPerStep, populationSize)
    for (let row = from; row < to; row++) population[row] = row
    yield
  }
  for (let from = populationSize - 1; from > 0; from -= drawsPerStep) {
    const to = Math.max(from - drawsPerStep, 0)
    for (let i = from; i > to; i--) {
      const at = uniform(i + 1)
      const row = population[i]
      population[i] = population[at]
      population[at] = row
    }
    yield
  }
  rows.set(population.subarray(0, rows.length))
}
