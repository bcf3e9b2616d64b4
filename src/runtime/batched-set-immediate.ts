/** Makes a function that calls back in later turns of the event loop, in order, and at most so many times a turn. */
export function batchedSetImmediate(most: number): (call: () => void) => void {
  let waiting: (() => void)[] = []
  const callSome = () => {
    const [now, later] = [waiting.slice(0, most), waiting.slice(most)]
    waiting = later
    if (later.length > 0) setImmediate(callSome)
    for (const call of now) call()
  }
  return (call) => {
    waiting.push(call)
    if (waiting.length === 1) setImmediate(callSome)
  }
}
