import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Memory } from '../../loss/memory.ts'
import type { InvalidContent } from '../../loss/validation-errors.ts'
import { LimitExceeded, refusal, refuse } from '../../loss/validation-errors.ts'
import type { Caller } from '../../runtime/turns.ts'
import { Turns } from '../../runtime/turns.ts'
import { Overloaded } from '../errors.ts'
import type { AssembledTable } from './assemble.ts'
import type { TableRequest } from './read.ts'
import type { TableReply } from './worker.ts'

export const turnLimits = { atOnce: 2, mostWaiting: 32, mostOfOwner: 16 } as const
/** What a thread may have of objects and texts, besides the buffers of numbers. */
const heapMegabytes = 512
/** V8 ends the whole process if its own limit is met by one large object: a thread is ended before, when its heap is looked at. */
const limitOverHeap = 1.5
const lookMilliseconds = 50
const idleMilliseconds = 10_000

const refusals = { busy: 'Too many tables wait to be read.', left: 'The client has left.' }
const turns = new Turns(turnLimits, (why) => new Overloaded(refusals[why]))
/** A thread that has nothing to do, and ends when that lasts. */
let idle: { readonly worker: Worker; readonly timer: NodeJS.Timeout } | undefined

/**
 * Reads a table in another thread: a file that lies costs others no turn, and no more than its time, with which its thread ends.
 *
 * @param memory has what is taken reserved before it is taken
 * @param milliseconds that reading may take
 * @param caller whose turns these are
 * @param heap mebibytes that the thread may have of objects and texts
 * @throws InvalidContent, LimitExceeded, Overloaded
 */
export function tableIn(
  request: TableRequest,
  memory: Memory,
  milliseconds: number,
  caller: Caller,
  heap = heapMegabytes,
): Promise<AssembledTable> {
  return turns.run(() => inThread(request, memory, milliseconds, heap), caller)
}

async function inThread(
  request: TableRequest,
  memory: Memory,
  milliseconds: number,
  heap: number,
): Promise<AssembledTable> {
  const worker = takeWorker()
  const { promise, resolve, reject } = Promise.withResolvers<AssembledTable>()
  let isSound = false
  const timer = setTimeout(() => {
    const detail = `Reading the table takes longer than maxComputeMs, ${milliseconds} ms.`
    reject(new LimitExceeded('maxComputeMs', milliseconds, ['table'], detail))
  }, milliseconds)
  const settle = (reply: TableReply) => {
    if ('reserve' in reply) {
      memory.reserve(reply.reserve)
      worker.postMessage('go on')
      return
    }
    // node --watch reports what the thread imports, too
    isSound = 'broken' in reply || 'fault' in reply || 'table' in reply
    if ('broken' in reply) throw unreadable(reply.broken)
    if ('fault' in reply) {
      const { path, detail, received, code } = reply.fault
      refuse(path, detail, received, code)
    }
    if (isSound) resolve(reply.table)
  }
  worker.on('message', (reply: TableReply) => {
    try {
      settle(reply)
    } catch (error) {
      reject(error)
    }
  })
  // such as a heap that is full
  worker.on('error', (error) => reject(unreadable(error.message)))
  const look = setInterval(async () => {
    // it may have ended
    const used = await worker.getHeapStatistics().then(
      ({ used_heap_size: bytes }) => bytes / 2 ** 20,
      () => 0,
    )
    if (used > heap) reject(unreadable(`reading it takes more than ${heap} MiB besides its numbers`))
  }, lookMilliseconds)
  worker.postMessage(request, [request.bytes])
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    clearInterval(look)
    worker.removeAllListeners('message').removeAllListeners('error')
    if (isSound) keep(worker)
    else await worker.terminate()
  }
}

function takeWorker(): Worker {
  const kept = idle
  idle = undefined
  if (kept !== undefined) {
    clearTimeout(kept.timer)
    kept.worker.ref()
    return kept.worker
  }
  return newWorker()
}

/** Starts a thread that reads tables. */
export function newWorker(): Worker {
  // the flag of the process, which V8 reads when a heap is made, goes before the limits of a thread
  setFlagsFromString('--max-old-space-size=0')
  const resourceLimits = { maxOldGenerationSizeMb: limitOverHeap * heapMegabytes }
  // without the preloaded modules of the main thread, which delay its start
  return new Worker(new URL('./worker.ts', import.meta.url), { execArgv: [], resourceLimits })
}

function keep(worker: Worker): void {
  if (idle !== undefined) {
    void worker.terminate()
    return
  }
  const end = () => {
    idle = undefined
    void worker.terminate()
  }
  worker.on('error', end)
  worker.unref()
  idle = { worker, timer: setTimeout(end, idleMilliseconds).unref() }
}

function unreadable(why: string): InvalidContent {
  return refusal(['table'], `the table cannot be read: ${why}.`, 'other bytes', 'malformed')
}
