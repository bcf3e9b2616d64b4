import type { Memory } from '../loss/memory.ts'
import type { Task } from '../runtime/scheduler.ts'

/** The time and the memory that the numbers of a body take. */
export interface DecodeContext {
  readonly task: Task
  readonly memory: Memory
}

/** What ends the reading of a body from outside. */
export interface BodySource {
  /** Whether nothing has come that could be worked on. */
  readonly isWaiting: boolean
  /** Ends the reading for good and gives back what it holds. */
  close(reason: Error): void
}

/** What a body reader reports to. */
export interface ReadContext extends DecodeContext {
  /** Where the request is traced. `begin` returns what ends the span. */
  readonly trace: { begin(part: string): (hasFailed?: boolean) => void } | undefined
  reads(source: BodySource): void
  /**
   * Counts inflated bytes that have come.
   *
   * @returns what they wait for before they may be used, if anything
   */
  received(bytes: number): Promise<void> | undefined
}
