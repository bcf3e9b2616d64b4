// Preloaded into the service under attack: tells over file descriptor 3 what its memory is and how long its loop was held up.
import { readFileSync, writeSync } from 'node:fs'

/** What happened since the last report. */
export interface Report {
  /** The longest turn of the event loop in milliseconds of processor time, which no neighbour on the machine prolongs. */
  readonly turn: number
  /** The longest turn in milliseconds of the clock. */
  readonly delay: number
  /** Resident memory in MiB. */
  readonly resident: number
  /** The most that ever was resident, in MiB. */
  readonly peak: number
}

const descriptor = 3
const millisecondsOfTick = 1
const millisecondsOfReport = 50

let lastTick = performance.now()
let lastProcessor = processor()
let lastReport = lastTick
let turn = 0
let delay = 0

setInterval(() => {
  const now = performance.now()
  const used = processor()
  turn = Math.max(turn, used - lastProcessor)
  delay = Math.max(delay, now - lastTick - millisecondsOfTick)
  lastTick = now
  lastProcessor = used
  if (now - lastReport < millisecondsOfReport) return
  lastReport = now
  report({ turn, delay, ...memory() })
  turn = 0
  delay = 0
  // what the report itself takes is no delay of the service
  lastTick = performance.now()
  lastProcessor = processor()
}, millisecondsOfTick).unref()

/** Milliseconds of processor time of this thread. */
function processor(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function memory(): { resident: number; peak: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
  return { resident: field('VmRSS'), peak: field('VmHWM') }
}

function report(content: Report): void {
  try {
    writeSync(descriptor, `${JSON.stringify(content)}\n`)
  } catch {
    // nobody listens any more
  }
}
