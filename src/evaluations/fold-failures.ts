import { EvaluationGone, StoreUnavailable } from '../database/errors.ts'

interface Log {
  error(fields: object, message: string): void
}

const mostKinds = 100

/** A listener for failures that no request waits for. Those that are no outage are bugs: each kind is logged once. */
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
