import type { HalfRows } from '../../evaluations/half-rows.ts'
import { gather } from '../../evaluations/half-rows.ts'
import type { TakeOutcome } from '../../evaluations/joins.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import { LimitExceeded } from '../../loss/validation-errors.ts'
import { elementOfKey } from '../../loss/value-list.ts'
import { quoted } from '../../loss/words.ts'
import { noEvaluation, noMoreBatches } from './found.ts'

const { maxListedErrors, maxWaitingRows } = fixedLimits
const mostRows = 4096
const mostBytes = 2 ** 20

interface Listed {
  readonly id?: string | number
  readonly index?: number
  readonly line?: number
  readonly detail: string
}

interface Part {
  readonly line: number | undefined
  readonly rows: HalfRows
}

/** Takes the rows of a body, or of lines which share a transaction, and counts what becomes of them. */
export class HalfQueue {
  readonly #evaluation: string
  readonly #take: (rows: HalfRows) => Promise<TakeOutcome>
  readonly #counts = { received: 0, accepted: 0, replayed: 0, conflicts: 0, joined: 0 }
  #refused: number | undefined
  #errors: Listed[] = []
  #parts: Part[] = []
  #rows = 0
  #bytes = 0

  constructor(evaluation: string, take: (rows: HalfRows) => Promise<TakeOutcome>, isOfLines: boolean) {
    this.#evaluation = evaluation
    this.#take = take
    if (isOfLines) this.#refused = 0
  }

  get isFull(): boolean {
    return this.#rows >= mostRows || this.#bytes >= mostBytes
  }

  add(rows: HalfRows, line?: number): void {
    this.#parts.push({ line, rows })
    this.#rows += rows.keys.length
    this.#bytes += rows.payloads.length
    this.#counts.received += rows.keys.length
  }

  refuse(line: number, detail: string): void {
    this.#refused = (this.#refused ?? 0) + 1
    this.#list({ line, detail })
  }

  /** @throws Problem, LimitExceeded unless what was added is stored */
  async flush(): Promise<void> {
    if (this.#parts.length === 0) return
    const parts = this.#parts
    this.#parts = []
    this.#rows = 0
    this.#bytes = 0
    // a long one is not copied: it is the last
    const isLong = (parts.at(-1)?.rows.keys.length ?? 0) >= mostRows
    for (const some of isLong ? [parts.slice(0, -1), parts.slice(-1)] : [parts]) await this.#takeTogether(some)
  }

  async #takeTogether(parts: readonly Part[]): Promise<void> {
    if (parts.length === 0) return
    const taken = await this.#take(parts.length === 1 ? parts[0].rows : together(parts.map(({ rows }) => rows)))
    if (taken.outcome !== 'taken') throw this.#refusalOf(taken.outcome)
    const { accepted, replayed, conflicts, joined } = taken
    this.#counts.accepted += accepted
    this.#counts.replayed += replayed
    this.#counts.conflicts += conflicts.length
    this.#counts.joined += joined
    for (const at of conflicts.slice(0, maxListedErrors)) this.#listConflict(parts, at)
    for (const { rows } of parts) rows.memory?.[Symbol.dispose]()
  }

  get answer() {
    const errors = this.#errors.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, maxListedErrors)
    return { ...this.#counts, refused: this.#refused, errors }
  }

  #listConflict(parts: readonly Part[], at: number): void {
    let index = at
    const part = parts.find(({ rows }) => {
      if (index < rows.keys.length) return true
      index -= rows.keys.length
      return false
    })
    if (part === undefined) return
    const { line, rows } = part
    const id = elementOfKey(rows.keys.at(index) ?? '')
    const detail = `The ${rows.half} of the id ${JSON.stringify(id)} were sent before, with other content.`
    this.#list({ id, index, ...(line !== undefined && { line }), detail })
  }

  /** Lines are refused as they are read, earlier than conflicts of the lines before them are seen. */
  #list(error: Listed): void {
    if (this.#errors.length < 4 * maxListedErrors) this.#errors.push(error)
  }

  #refusalOf(outcome: Exclude<TakeOutcome['outcome'], 'taken'>): Error {
    const name = this.#evaluation
    switch (outcome) {
      case 'sealed':
        return new Problem('sealed', `The evaluation ${quoted(name)} is sealed.`)
      case 'gone':
        return noEvaluation(name)
      case 'full':
        return noMoreBatches()
      case 'crowded': {
        const detail = `As many halves of rows would wait as maxWaitingRows, ${maxWaitingRows}, allows.`
        return new LimitExceeded('maxWaitingRows', maxWaitingRows, [], detail)
      }
    }
  }
}

/** The rows of several lines as those of one body. */
function together(all: readonly HalfRows[]): HalfRows {
  const ends: number[] = []
  let begin = 0
  for (const rows of all) {
    for (const end of rows.ends) ends.push(begin + end)
    begin += rows.payloads.length
  }
  return {
    half: all[0].half,
    keys: all.flatMap(({ keys }) => keys.slice(0, keys.length)),
    digests: gather(all.map(({ digests }) => digests)),
    payloads: gather(all.map(({ payloads }) => payloads)),
    ends,
    times: all.flatMap(({ keys, times }) => times ?? new Array<undefined>(keys.length).fill(undefined)),
    state: undefined,
  }
}
