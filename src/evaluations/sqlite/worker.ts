import { parentPort, workerData } from 'node:worker_threads'
import { StoreUnusable } from '../errors.ts'
import { SqliteDatabase } from './database.ts'
import { reasonOf } from './errors.ts'
import type { Call, Failure, Reply, Setup } from './messages.ts'

const port = parentPort as NonNullable<typeof parentPort>
const { path, lockMilliseconds } = workerData as Setup
let database: SqliteDatabase | undefined

port.on('message', (call: Call | 'close') => {
  if (call === 'close') {
    port.close()
    database?.close()
  } else {
    port.postMessage(replyTo(call))
  }
})

function replyTo({ id, method, args }: Call): Reply {
  try {
    // opened by the next call where it could not be opened
    database ??= new SqliteDatabase(path, lockMilliseconds)
    // the arguments were checked where the call was made
    const run = database[method] as (...args: unknown[]) => unknown
    return { id, result: run.apply(database, [...args]) }
  } catch (error) {
    return { id, failure: failureOf(error) }
  }
}

/** An error as what can be sent: a copy of one keeps neither its class nor what was added to it. */
function failureOf(error: unknown): Failure {
  if (error instanceof StoreUnusable) return { unusable: error.message }
  return { reason: reasonOf(error), error }
}
