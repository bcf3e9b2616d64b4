// Kills replicas, stops the database or locks its file, at random times.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Choices } from '../fuzz/random.ts'
import type { Replica } from './replica.ts'

/** Milliseconds between two kills at most, and the same for how long the database stays away. */
const longestPeace = 800
const longestOutage = 2000
/** The share of kills after which the database goes away. */
const outages = 0.15
/** Mostly, a replica is killed when it has come up. */
const earlyKills = 0.2

/** Takes the database away, and gives it back. */
export interface Outages {
  begin(): Promise<void>
  end(): Promise<void>
}

/** Times of `performance.now()`. */
export interface Period {
  readonly from: number
  readonly to: number
}

export class Disturber {
  kills = 0
  readonly outages: Period[] = []
  readonly #replicas: readonly Replica[]
  readonly #database: Outages
  readonly #choices: Choices
  #starting: Promise<void>[] = []

  constructor(replicas: readonly Replica[], database: Outages, choices: Choices) {
    this.#replicas = replicas
    this.#database = database
    this.#choices = choices
  }

  /** Kills so many times, and waits until all is up again. */
  async disturb(kills: number): Promise<void> {
    while (this.kills < kills) {
      await sleep(this.#choices.below(longestPeace))
      const replica = this.#choices.pick(this.#replicas)
      if (!this.#choices.chance(earlyKills)) while (replica.port === undefined) await sleep(20)
      await replica.kill()
      this.kills++
      this.#starting.push(replica.start())
      // in any case once, in the middle
      if (this.#choices.chance(outages) || (this.outages.length === 0 && this.kills > kills / 2)) await this.#takeAway()
    }
    await Promise.all(this.#starting)
  }

  async #takeAway(): Promise<void> {
    const from = performance.now()
    await this.#database.begin()
    await sleep(this.#choices.below(longestOutage))
    await this.#database.end()
    this.outages.push({ from, to: performance.now() })
  }
}
