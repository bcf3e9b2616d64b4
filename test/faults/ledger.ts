// What the service has acknowledged.
import type { Delivery } from './plan.ts'

export interface Entry {
  readonly evaluation: string
  readonly name: string
  /** When it was acknowledged first, as `performance.now()`. */
  readonly at: number
  /** What the answer to a PUT said. */
  sequence?: number
  loss?: number | null
}

/** The parts of answers to batches that matter here. */
interface Answer {
  readonly sequence: number
  readonly loss: number | null
  readonly replayed: boolean | number
  readonly committed: number
  readonly refused: number
}

export class Ledger {
  /** What was wrong with answers. */
  readonly faults: string[] = []
  readonly #entries = new Map<string, Entry>()
  readonly #acknowledged = new Map<string, number>()
  #committed = 0

  get entries(): Entry[] {
    return [...this.#entries.values()]
  }

  /** How many batches were said to be stored now, and not before. */
  get committed(): number {
    return this.#committed
  }

  /** How many batches of an evaluation are acknowledged. */
  acknowledged(evaluation: string): number {
    return this.#acknowledged.get(evaluation) ?? 0
  }

  entry(evaluation: string, name: string): Entry | undefined {
    return this.#entries.get(`${evaluation} ${name}`)
  }

  acknowledge({ evaluation, names }: Delivery, body: string): void {
    const { sequence, loss, replayed, committed, refused } = JSON.parse(body) as Answer
    const entries = names.map((name) => this.#add(evaluation, name))
    if (typeof replayed === 'boolean') {
      this.#committed += replayed ? 0 : 1
      const [entry] = entries
      this.#agree(entry, 'sequence', sequence)
      this.#agree(entry, 'loss', loss)
      return
    }
    this.#committed += committed
    if (committed + replayed !== names.length || refused !== 0) {
      this.faults.push(`${names.length} lines were answered with ${body.slice(0, 300)}`)
    }
  }

  #add(evaluation: string, name: string): Entry {
    const known = this.entry(evaluation, name)
    if (known !== undefined) return known
    const entry = { evaluation, name, at: performance.now() }
    this.#entries.set(`${evaluation} ${name}`, entry)
    this.#acknowledged.set(evaluation, this.acknowledged(evaluation) + 1)
    return entry
  }

  #agree<Field extends 'sequence' | 'loss'>(entry: Entry, field: Field, value: Entry[Field]): void {
    const before = entry[field]
    if (before !== undefined && before !== value) {
      this.faults.push(`${field} of ${entry.name} was answered as ${before} and as ${value}`)
    }
    entry[field] = value
  }
}
