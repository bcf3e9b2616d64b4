import { anonymous } from '../../access/authenticator.ts'

interface EventStream {
  readonly owner: string
  readonly address: string
  readonly cut: () => void
}

/** The streams of events that are open. Among few places, no owner and no address keeps others out. */
export class EventStreams {
  readonly #most: number
  readonly #open = new Set<EventStream>()

  constructor(most: number) {
    this.#most = most
  }

  /** Whether there is room for one more. Where there is none, an address that has few takes the place of one that has many. */
  hasRoom(owner: string, address: string): boolean {
    if (owner !== anonymous && this.#of('owner', owner).length >= this.#most / 2) return false
    return this.#open.size < this.#most || this.#makesRoom(address)
  }

  /** @param cut ends it @returns what to call when it has ended */
  open(owner: string, address: string, cut: () => void): () => void {
    const stream = { owner, address, cut }
    this.#open.add(stream)
    return () => this.#open.delete(stream)
  }

  #of(key: 'owner' | 'address', value: string): EventStream[] {
    return Array.from(this.#open).filter((stream) => stream[key] === value)
  }

  /** Cuts the newest stream of the address that has most, in favour of one that has less than half as many. */
  #makesRoom(address: string): boolean {
    const counts = new Map<string, number>()
    for (const { address } of this.#open) counts.set(address, 1 + (counts.get(address) ?? 0))
    const [most, count] = Array.from(counts).reduce((one, other) => (other[1] > one[1] ? other : one))
    if (2 * (1 + (counts.get(address) ?? 0)) > count) return false
    const newest = this.#of('address', most).at(-1)
    if (newest === undefined) return false
    this.#open.delete(newest)
    newest.cut()
    return true
  }
}
