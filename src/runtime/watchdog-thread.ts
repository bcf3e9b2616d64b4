import { writeSync } from 'node:fs'
import type { Debugger } from 'node:inspector'
import { Session } from 'node:inspector'
import { hostname } from 'node:os'
import { workerData } from 'node:worker_threads'
import type { Watched } from './watchdog.ts'

const { beats, beatMs, stallMs } = workerData as Watched
/** For the answer of the watched thread to the question where it stands. */
const pauseMs = 5000
const mostFrames = 12

let seen = Atomics.load(beats, 0)
let missed = 0
// looks are counted, and not time, in which the whole process may have been stopped
const looks = setInterval(() => {
  const now = Atomics.load(beats, 0)
  missed = now === seen ? missed + 1 : 0
  seen = now
  if (missed * beatMs < stallMs) return
  clearInterval(looks)
  const session = new Session()
  session.connectToMainThread()
  session.on('Debugger.paused', ({ params }) => end(params.callFrames))
  session.post('Debugger.enable')
  session.post('Debugger.pause')
  setTimeout(end, pauseMs, [])
}, beatMs)

/** Logs and ends; the process does nothing more, so that what it holds is given up as after a crash. */
function end(frames: readonly Debugger.CallFrame[]): void {
  const stack = frames.slice(0, mostFrames).map(({ functionName, url, location }) => {
    return `${functionName || '(anonymous)'} ${url}:${location.lineNumber + 1}`
  })
  const msg = `the event loop has not turned for ${stallMs} ms; the process ends`
  const line = { level: 60, time: Date.now(), pid: process.pid, hostname: hostname(), stack, msg }
  try {
    writeSync(1, `${JSON.stringify(line)}\n`)
  } catch {
    // the log is full or gone, and the process ends all the same
  }
  process.kill(process.pid, 'SIGKILL')
}
