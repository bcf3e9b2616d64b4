import type { ServerName } from './servers.ts'
import { titles } from './servers.ts'
import { median, spread } from './statistics.ts'

/** What was measured of each server, round by round. */
export type Measured = ReadonlyMap<ServerName, readonly number[]>

/** The results: a row is one thing measured, a column one server; in brackets lossmeter's time, or memory, over the peer's. */
export class Table {
  readonly #names: readonly ServerName[]
  readonly #missing: ReadonlySet<ServerName>
  readonly #lines: string[]
  readonly #spreads: number[] = []

  constructor(names: readonly ServerName[], missing: ReadonlySet<ServerName>) {
    this.#names = names
    this.#missing = missing
    this.#lines = [
      `| | ${names.map((name) => titles[name]).join(' | ')} |`,
      `|---|${names.map(() => '---:|').join('')}`,
    ]
  }

  add(name: string, unit: string, measured: Measured): void {
    const own = measured.get('lossmeter') ?? []
    if (own.length > 1) this.#spreads.push(spread(own))
    const cells = this.#names.map((server) => {
      const values = measured.get(server)
      if (values === undefined || values.length === 0) return this.#missing.has(server) ? 'not installed' : ''
      const figure = `${inDigits(median(values))} ${unit}`
      if (server === 'lossmeter') return `**${figure}**`
      // a rate is the inverse of a time
      const [ours, theirs] = unit.endsWith('/s') ? [median(values), median(own)] : [median(own), median(values)]
      return `${figure} (${(ours / theirs).toFixed(2)})`
    })
    this.#lines.push(`| ${name} | ${cells.join(' | ')} |`)
  }

  /** How far the rounds of one row lay apart, at the median over the rows. */
  get noise(): number {
    return median(this.#spreads)
  }

  toString(): string {
    return this.#lines.join('\n')
  }
}

function inDigits(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
