/**
 * Sums by two names, found faster than prom-client finds a series: for what is added to with each request. They are told at a
 * scrape.
 */
export class Sums {
  readonly #sums = new Map<string, Map<string, number>>()

  add(first: string, second: string, count: number): void {
    const ofFirst = this.#sums.get(first)
    if (ofFirst === undefined) this.#sums.set(first, new Map([[second, count]]))
    else ofFirst.set(second, count + (ofFirst.get(second) ?? 0))
  }

  /** What was added since this was asked last, by its names. */
  *take(): Generator<readonly [string, string, number]> {
    for (const [first, ofFirst] of this.#sums) {
      for (const [second, count] of ofFirst) {
        yield [first, second, count]
        ofFirst.set(second, 0)
      }
    }
  }
}
