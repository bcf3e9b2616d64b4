// Preloaded into the service under attack, into each of its processes: tells on stderr how long its loop was held up.
import { writeSync } from 'node:fs'
import type { Report } from './report.ts'
import { mark } from './report.ts'

const stderr = 2
const millisecondsOfTick = 1
const millisecondsOfReport = 50

let lastTick = performance.now()
let lastProcessor = processor()
let lastReport = Number.NEGATIVE_INFINITY
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
  report({ pid: process.pid, turn, delay })
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

function report(content: Report): void {
  try {
    writeSync(stderr, `${mark}${JSON.stringify(content)}\n`)
  } catch {
    // nobody listens any more
  }
}
