/** Milliseconds of processor time of this thread, while something is done. */
export async function processorTime(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  return since(before)
}

/** The longest turn of the event loop while something is done, in milliseconds of processor time of this thread. */
export async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let begun = process.threadCpuUsage()
  const look = () => {
    longest = Math.max(longest, since(begun))
    begun = process.threadCpuUsage()
    next = setImmediate(look)
  }
  let next = setImmediate(look)
  try {
    await work()
    return Math.max(longest, since(begun))
  } finally {
    clearImmediate(next)
  }
}

/** The least of at most twelve: what a collection, a compilation or a busy machine adds does not come back each time. */
export async function leastOf(measure: () => Promise<number>, enough: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 12 && least > enough; tries++) least = Math.min(least, await measure())
  return least
}

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
