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

const meanings: Readonly<Record<Reason, string>> = {
  'disk-full': 'The disk of the store of evaluations is full.',
  'read-only': 'The store of evaluations can only be read.',
  locked: 'The store of evaluations is locked by another program.',
  corrupt: 'The store of evaluations is damaged.',
  'out-of-reach': 'The store of evaluations is out of reach.',
  closed: 'The store of evaluations is closed.',
  busy: 'The store of evaluations has too much to do.',
  migrating: 'The schema of the store of evaluations is being brought up to date.',
  restored: 'The store of evaluations was put back to an earlier state meanwhile.',
  'newer-release': 'The evaluation was declared by a newer release of the service.',
}

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
