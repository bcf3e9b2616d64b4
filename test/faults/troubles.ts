// What a store may suffer, and what the service must say and do then.
import type { Owner } from '../database/postgres/server.ts'
import type { Trial } from './trial.ts'

export interface Trouble {
  readonly name: string
  /** Whether it belongs to the short round. */
  readonly isShort?: boolean
  /** Whether only root can bring it about. */
  readonly needsRoot?: boolean
  attempt(owner: Owner): Promise<Trial>
}

/** The end of a trial, whatever became of it. */
export async function withTrial(trial: Trial, run: () => Promise<void>): Promise<Trial> {
  try {
    await run()
  } catch (error) {
    trial.faults.push(String(error))
  } finally {
    await trial.replica.kill()
  }
  return trial
}

export const isRoot = process.getuid?.() === 0
