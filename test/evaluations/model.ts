import fc from 'fast-check'
import type { EvaluationKey } from '../../src/database/history.ts'
import type { Store } from '../../src/database/store.ts'
import { batchOf, declaration, limits, namesOf, nowhere, statesOf } from './support.ts'

/** What can be done to a store with few names, so that they meet often. */
const name = fc.constantFrom('run', 'other')
const put = fc.record({ name, batch: fc.constantFrom('a', 'b', 'c', 'd'), content: fc.constantFrom('x', 'x', 'y') })
export const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('declare' as const), name, expected: fc.option(fc.nat(3)) }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('put' as const), puts: fc.array(put, { minLength: 1, maxLength: 4 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('seal' as const), name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const), name }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('sweep' as const) }) },
)

type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

interface Evaluation {
  id: number
  isSealed: boolean
  readonly expected: number | null
  /** The content of each batch by its name, in order. */
  readonly batches: Map<string, string>
}

/** The store as a few maps: says of each operation what must come of it. */
export class Model {
  readonly #owner: string
  readonly #evaluations = new Map<string, Evaluation>()
  /** Of each name, the evaluation it stood for last. */
  readonly #keys = new Map<string, EvaluationKey>()

  constructor(owner: string) {
    this.#owner = owner
  }

  /** Carries out an operation on both. @returns what the store did and what it should have done */
  async step(store: Store, operation: Operation): Promise<[found: unknown, wanted: unknown]> {
    switch (operation.type) {
      case 'declare': {
        const known = this.#evaluations.get(operation.name)
        const result = await store.declare(this.#owner, operation.name, {
          ...declaration,
          expectedBatches: operation.expected,
        })
        if (!('evaluation' in result)) return [result.outcome, 'never']
        const { id } = result.evaluation
        if (known === undefined) {
          const isNew = !this.#keys.has(operation.name) || id > (this.#keys.get(operation.name)?.id ?? 0)
          this.#keys.set(operation.name, result.evaluation)
          this.#evaluations.set(operation.name, {
            id,
            isSealed: false,
            expected: operation.expected,
            batches: new Map(),
          })
          return [
            { outcome: result.outcome, isNew },
            { outcome: 'created', isNew: true },
          ]
        }
        return [
          { outcome: result.outcome, id },
          { outcome: 'exists', id: known.id },
        ]
      }
      case 'put': {
        const wanted = operation.puts.map((put) => this.#put(put))
        const batches = operation.puts.map(({ name, batch, content }) =>
          batchOf(this.#keys.get(name) ?? nowhere, batch, content),
        )
        const results = await store.putBatches(batches)
        return [results.map((result) => [result.outcome, 'batch' in result ? result.batch.sequence : 0]), wanted]
      }
      case 'seal': {
        const result = await store.change(this.#owner, operation.name, { seals: true })
        const known = this.#evaluations.get(operation.name)
        if (known === undefined) return [result, undefined]
        known.isSealed ||= known.expected === null || known.expected === known.batches.size
        return [result?.outcome, known.isSealed ? 'changed' : 'incomplete']
      }
      case 'delete': {
        const known = this.#evaluations.get(operation.name)
        this.#evaluations.delete(operation.name)
        return [(await store.delete(this.#owner, operation.name))?.id, known?.id]
      }
      case 'sweep':
        await store.sweep()
        return [undefined, undefined]
    }
  }

  #put({
    name,
    batch,
    content,
  }: {
    name: string
    batch: string
    content: string
  }): [outcome: string, sequence: number] {
    const evaluation = this.#evaluations.get(name)
    if (evaluation === undefined) return ['gone', 0]
    const { batches, isSealed } = evaluation
    const stored = batches.get(batch)
    if (stored === undefined && isSealed) return ['sealed', 0]
    if (stored === undefined && batches.size === limits.maxBatches) return ['full', 0]
    if (stored === undefined) batches.set(batch, content)
    const sequence = [...batches.keys()].indexOf(batch) + 1
    if (stored === undefined) return ['committed', sequence]
    return [stored === content ? 'replayed' : 'conflict', sequence]
  }

  /** All that the store has, and all that it should have. */
  async all(store: Store): Promise<[found: unknown, wanted: unknown]> {
    const found: unknown[] = []
    for (const evaluation of await store.list(this.#owner, { limit: 9 })) {
      const { id, name, status, batches, samples } = evaluation
      const names = namesOf(await store.listBatches(evaluation, { limit: 9 }))
      found.push({ id, name, status, batches, samples, names, states: await statesOf(store, evaluation) })
    }
    const wanted = [...this.#evaluations].map(([name, { id, isSealed, batches }]) => ({
      id,
      name,
      status: isSealed ? 'sealed' : 'open',
      batches: batches.size,
      samples: 2 * batches.size,
      names: [...batches.keys()],
      states: [...batches.values()].map((content, at) => `${at + 1} state of ${content}`),
    }))
    return [found, wanted.toSorted((a, b) => b.id - a.id)]
  }
}
