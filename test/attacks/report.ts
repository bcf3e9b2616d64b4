// What the probe in the service tells.

/** What happened in a process since its last report. */
export interface Report {
  readonly pid: number
  /** The longest turn of the event loop in milliseconds of processor time, which no neighbour on the machine prolongs. */
  readonly turn: number
  /** The longest turn in milliseconds of the clock. */
  readonly delay: number
}

/** What a line begins with that is a report. */
export const mark = 'probe '
