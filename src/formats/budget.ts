import type { Memory } from '../loss/memory.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { Collector } from '../runtime/collector.ts'
import { BufferPool, slack } from './buffer-pool.ts'
import { Overloaded } from './errors.ts'

export interface Holder {
  /** Whose it is: all requests of one owner together hold at most half of the budget while another owner needs it. */
  readonly owner: string
  readonly isStalled: boolean
  /** Ends the request: its account is closed when this returns. */
  giveWay(reason: Error): void
}

const freeBytes = 2 ** 16
const mostPooled = 2 ** 24
const mostPooledPart = 1 / 16

/** The memory that all requests in flight may hold together: bodies, the numbers in them, what is computed, answers. */
export class MemoryBudget {
  readonly capacity: number
  readonly #collector: Collector | undefined
  readonly #accounts = new Set<Account>()
  readonly #byOwner = new Map<string, number>()
  readonly #pool: BufferPool
  #held = 0
  #reserved = 0

  constructor(capacity: number, collector?: Collector) {
    this.capacity = capacity
    this.#collector = collector
    this.#pool = new BufferPool(Math.min(mostPooled, mostPooledPart * capacity))
    collector?.frees(() => this.#pool.clear())
  }

  get held(): number {
    return this.#held
  }

  /** Whether so many bytes may be allocated before they are needed. */
  canReserveAddressSpace(bytes: number): boolean {
    return this.#reserved + bytes <= this.capacity
  }

  /** Counts bytes that are allocated and not yet in use, or with negative bytes those that are no longer so. */
  reserveAddressSpace(bytes: number): void {
    this.#reserved += bytes
  }

  /** A buffer of about this size from the pool, if there is one and it needs no room that is held. */
  takePooled(bytes: number): ArrayBuffer | undefined {
    return this.#held + slack * bytes <= this.capacity ? this.#pool.take(bytes) : undefined
  }

  pool(buffer: ArrayBuffer): void {
    this.#pool.add(buffer)
  }

  open(holder: Holder): Account {
    return new Account(this, holder)
  }

  charge(account: Account, bytes: number): void {
    if (bytes > 0 && this.#held + bytes > this.capacity) this.#makeRoom(account, bytes)
    const { owner } = account.holder
    this.#held += bytes
    account.charged += bytes
    this.#byOwner.set(owner, this.#heldBy(owner) + bytes)
    if (account.charged > 0) {
      this.#accounts.add(account)
    } else {
      this.#accounts.delete(account)
      if (this.#heldBy(owner) === 0) this.#byOwner.delete(owner)
    }
    this.#collector?.note(this.#held)
  }

  #heldBy(owner: string): number {
    return this.#byOwner.get(owner) ?? 0
  }

  #makeRoom(account: Account, bytes: number): void {
    if (account.charged + bytes > this.capacity) throw tooMuch(this.capacity)
    const isModest = this.#heldBy(account.holder.owner) + bytes <= this.capacity / 2
    for (const { holder } of Array.from(this.#accounts).reverse()) {
      if (holder === account.holder) continue
      const isGreedy = holder.owner !== account.holder.owner && this.#heldBy(holder.owner) > this.capacity / 2
      if (holder.isStalled || (isModest && isGreedy)) holder.giveWay(noRoom())
      if (this.#held + bytes <= this.capacity) return
    }
    // at once, or all who ask in the same turn would be refused for the sake of what the first of them frees
    const refusal = noRoom()
    account.holder.giveWay(refusal)
    throw refusal
  }
}

interface Counted {
  committed: number
  reserved: number
  /** Whether the next who takes it may find something in it. */
  readonly isToPool: boolean
}

export class Account implements Memory {
  readonly holder: Holder
  charged = 0
  readonly #budget: MemoryBudget
  #held = 0
  #isClosed = false
  #buffers: Map<ArrayBufferLike, Counted> | undefined

  constructor(budget: MemoryBudget, holder: Holder) {
    this.#budget = budget
    this.holder = holder
  }

  reserve(bytes: number): void {
    if (this.#isClosed) return
    this.#settle(this.#held + bytes)
    this.#held += bytes
  }

  release(bytes: number): void {
    if (this.#isClosed) return
    this.#held -= bytes
    this.#settle(this.#held)
  }

  canReserveAddressSpace(bytes: number): boolean {
    return this.#budget.canReserveAddressSpace(bytes)
  }

  allocate(bytes: number, committed = bytes, mayBeUsed = false): ArrayBuffer {
    const pooled = mayBeUsed && !this.#isClosed ? this.#budget.takePooled(bytes) : undefined
    const counted = pooled?.byteLength ?? committed
    this.reserve(counted)
    const buffer = pooled ?? new ArrayBuffer(bytes)
    if (this.#isClosed) return buffer
    const reserved = buffer.byteLength - counted
    this.#budget.reserveAddressSpace(reserved)
    this.#buffers ??= new Map()
    this.#buffers.set(buffer, { committed: counted, reserved, isToPool: mayBeUsed })
    return buffer
  }

  commit(buffer: ArrayBuffer, bytes: number): void {
    const counted = this.#buffers?.get(buffer)
    if (counted === undefined) return
    const fresh = Math.min(bytes, counted.reserved)
    this.reserve(fresh)
    this.#budget.reserveAddressSpace(-fresh)
    counted.committed += fresh
    counted.reserved -= fresh
  }

  free(buffer: ArrayBufferLike): void {
    const counted = this.#buffers?.get(buffer)
    if (counted === undefined) return
    this.#buffers?.delete(buffer)
    this.#giveBack(buffer, counted)
    this.#budget.reserveAddressSpace(-counted.reserved)
    this.release(counted.committed)
  }

  /** Gives everything back. What is asked of it afterwards is not counted. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const [buffer, counted] of this.#buffers ?? []) {
      this.#giveBack(buffer, counted)
      this.#budget.reserveAddressSpace(-counted.reserved)
    }
    this.#buffers = undefined
    this.#held = 0
    this.#settle(0)
  }

  #giveBack(buffer: ArrayBufferLike, { isToPool }: Counted): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.detached) return
    if (isToPool) this.#budget.pool(buffer)
    else buffer.transfer(0)
  }

  #settle(held: number): void {
    const charge = Math.max(0, held - freeBytes)
    if (charge !== this.charged) this.#budget.charge(this, charge - this.charged)
  }
}

function noRoom(): Overloaded {
  return new Overloaded('Too many bytes of requests are in flight.')
}

function tooMuch(allowed: number): LimitExceeded {
  const detail = `This request alone needs more memory than maxInFlightBytes, ${allowed} bytes.`
  return new LimitExceeded('maxInFlightBytes', allowed, [], detail)
}
