import { EvaluationGone, StoreUnavailable } from '../database/errors.ts'

interface Log {
  error(fields: object, message: string): void
}

/** Kinds of failures that are logged at most, in case each has a message of its own. */
const mostKinds = 100

/**
 * Makes a listener for failures to fold blocks, which nobody waits for. A store that is out of reach and an evaluation that is
 * deleted meanwhile are expected: the next reader folds the block. Anything else is a bug, and is logged once for each kind.
 */
export function foldFailures(log?: Log): (error: unknown) => void {
  const logged = new Set<string>()
  return (err) => {
    if (err instanceof StoreUnavailable || err instanceof EvaluationGone) return
    const kind = String(err)
    if (logged.has(kind) || logged.size >= mostKinds) return
    logged.add(kind)
    log?.error({ err }, 'batches cannot be folded')
  }
}
