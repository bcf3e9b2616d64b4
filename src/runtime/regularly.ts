/**
 * Runs a job again and again, each time so long after the last has ended. The job must not fail.
 *
 * @param run is given whether all has ended meanwhile
 * @returns ends it
 */
export function regularly(milliseconds: number, run: (isEnded: () => boolean) => Promise<void>): () => void {
  let isEnded = false
  const next = async (): Promise<void> => {
    await run(() => isEnded)
    if (!isEnded) timer = setTimeout(next, milliseconds).unref()
  }
  let timer = setTimeout(next, milliseconds).unref()
  return () => {
    isEnded = true
    clearTimeout(timer)
  }
}
