import type { Memory } from '../loss/memory.ts'
import type { Task } from '../runtime/scheduler.ts'

export interface DecodeContext {
  readonly task: Task
  readonly memory: Memory
  /** Whether the client has left. */
  readonly isOver?: boolean
}

/** What ends the reading of a body from outside. */
export interface BodySource {
  readonly isWaiting: boolean
  /** Ends the reading for good and gives back what it holds. */
  close(reason: Error): void
}

export interface ReadContext extends DecodeContext {
  /** Where the request is traced. `begin` returns what ends the span. */
  readonly trace: { begin(part: string): (hasFailed?: boolean) => void } | undefined
  reads(source: BodySource): void
  received(bytes: number): Promise<void> | undefined
}
