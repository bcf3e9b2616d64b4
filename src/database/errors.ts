export type Reason =
  | 'disk-full'
  | 'read-only'
  | 'locked'
  | 'corrupt'
  | 'out-of-reach'
  | 'closed'
  | 'newer-release'
  | 'restored'
  | 'migrating'
  | 'busy'
  | 'left'

const meanings: Readonly<Record<Reason, string>> = {
  'disk-full': 'The disk of the evaluation store is full.',
  'read-only': 'The evaluation store is read-only.',
  locked: 'The evaluation store is locked by another program.',
  corrupt: 'The evaluation store is damaged.',
  'out-of-reach': 'The evaluation store cannot be reached.',
  closed: 'The evaluation store is closed.',
  busy: 'The evaluation store is overloaded.',
  left: 'The client has left.',
  migrating: 'The schema of the evaluation store is being updated.',
  restored: 'The evaluation store was restored to an earlier state in the meantime.',
  'newer-release': 'The evaluation was declared by a newer release of the service.',
}

/** Every reason for which an operation can fail that a client waits for. */
export const reasons: readonly string[] = Object.keys(meanings).filter((reason) => reason !== 'left')

/** The message names no host, path or account; the `cause`, for the log, may. A write that failed may have been stored. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
  readonly reason: Reason

  constructor(reason: Reason, cause?: unknown) {
    super(meanings[reason], { cause })
    this.reason = reason
  }

  /** Whether only one evaluation is affected. */
  get isOfOne(): boolean {
    return this.reason === 'corrupt' || this.reason === 'newer-release'
  }
}

/** A store that waiting will not make usable. The message says what to change. */
export class StoreUnusable extends Error {
  override readonly name = 'StoreUnusable'
}

/** Thrown when an evaluation is deleted while it is read. */
export class EvaluationGone extends Error {
  override readonly name = 'EvaluationGone'

  constructor() {
    super('The evaluation was deleted.')
  }
}
