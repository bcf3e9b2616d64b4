import { EvaluationGone, StoreUnavailable } from '../database/errors.ts'

interface Log {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
  info(fields: object, message: string): void
}

/** Is told how folds end that no request waits for. */
export interface FoldWatch {
  kept(): void
  failed(error: unknown): void
}

const mostKinds = 100

/** Logs each outage of the store once, and its end. What fails otherwise is damage or a bug: each kind is logged once. */
export function watchFolds(log?: Log, count?: () => void): FoldWatch {
  const logged = new Set<string>()
  let isOut = false
  return {
    kept() {
      if (isOut) log?.info({}, 'batches can be folded again')
      isOut = false
    },
    failed(err) {
      if (err instanceof EvaluationGone || isOfReader(err)) return
      count?.()
      if (err instanceof StoreUnavailable && !err.isOfOne) {
        if (!isOut) log?.warn({ err }, 'batches cannot be folded')
        isOut = true
        return
      }
      const kind = String(err)
      if (logged.has(kind) || logged.size >= mostKinds) return
      logged.add(kind)
      log?.error({ err }, 'batches cannot be folded')
    },
  }
}

/** Whether only the client that read the batches is refused, or the service ends. */
function isOfReader(err: unknown): boolean {
  return err instanceof StoreUnavailable && ['busy', 'left', 'closed'].includes(err.reason)
}
