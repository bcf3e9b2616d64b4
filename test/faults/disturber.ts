// Kills and ends replicas, stops the database or locks its file, at random times.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Choices } from '../fuzz/random.ts'
import type { Replica } from './replica.ts'

/** Milliseconds between two kills at most. */
const longestPeace = 800
/** The share of kills before which a replica is asked to end. */
const ends = 0.2
/** The share of kills after which the database goes away. */
const outages = 0.15
/** Mostly, a replica is killed when it has come up. */
const earlyKills = 0.2

/** Takes the database away, and gives it back. */
export interface Outages {
  /** Milliseconds that it stays away at most. */
  readonly longest: number
  begin(replicas: readonly Replica[]): Promise<void>
  end(): Promise<void>
}

/** Times of `performance.now()`. */
export interface Period {
  readonly from: number
  readonly to: number
}

export class Disturber {
  kills = 0
  /** Replicas that were asked to end. */
  ends = 0
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
      if (this.#choices.chance(ends)) await this.#end()
      const replica = this.#choices.pick(this.#replicas)
      if (!this.#choices.chance(earlyKills)) await isUp(replica)
      await replica.kill()
      this.kills++
      this.#starting.push(replica.start())
      // in any case once, in the middle
      if (this.#choices.chance(outages) || (this.outages.length === 0 && this.kills > kills / 2)) await this.#takeAway()
    }
    await Promise.all(this.#starting)
  }

  async #end(): Promise<void> {
    const replica = this.#choices.pick(this.#replicas)
    await isUp(replica)
    await replica.end()
    this.ends++
    await replica.start()
  }

  async #takeAway(): Promise<void> {
    const from = performance.now()
    await this.#database.begin(this.#replicas)
    await sleep(this.#choices.below(this.#database.longest))
    await this.#database.end()
    this.outages.push({ from, to: performance.now() })
  }
}

/** Waits until a replica can be asked. */
export async function isUp(replica: Replica): Promise<void> {
  while (replica.port === undefined) await sleep(20)
}
