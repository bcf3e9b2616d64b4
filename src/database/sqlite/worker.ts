import { parentPort, workerData } from 'node:worker_threads'
import { StoreUnusable } from '../errors.ts'
import { SqliteDatabase } from './database.ts'
import { reasonOf } from './errors.ts'
import type { Call, Failure, Methods, Reply, Setup, Told } from './messages.ts'
import { pack, unpack } from './packing.ts'
import { putBatches } from './put-batches.ts'
import { putHalves, readHalves } from './put-halves.ts'

const port = parentPort as NonNullable<typeof parentPort>
const { path, lockMilliseconds, isReader } = workerData as Setup
const log = { info: (...told: Told['told']) => port.postMessage({ told } satisfies Told) }
let database: SqliteDatabase | undefined

const methods: Methods = {
  query: (statement) => pack(opened().read(statement)),
  write: (statement) => pack(opened().transaction([statement])[0] as object[]),
  transaction: (statements) => opened().transaction(statements),
  putBatches: (batches, rules) => putBatches(opened(), unpack(batches), rules),
  readHalves: (evaluation, ids) => pack(readHalves(opened(), evaluation, ids)),
  putHalves: (writes, rules) => putHalves(opened(), writes, rules),
  hasChanged: () => opened().hasChanged(),
  tryToWrite: () => opened().tryToWrite(),
  refresh() {
    isOfOlderSchema()
    opened()
  },
}

/** Tries again at each call until it could be opened. */
function opened(): SqliteDatabase {
  database ??= new SqliteDatabase(path, lockMilliseconds, isReader, log)
  return database
}

port.on('message', (call: Call | 'close') => {
  if (call === 'close') {
    port.close()
    database?.close()
  } else {
    const begin = performance.now()
    const outcome = outcomeOf(call)
    port.postMessage({ id: call.id, milliseconds: performance.now() - begin, ...outcome } satisfies Reply)
  }
})

function outcomeOf({ method, args }: Call): { result: unknown } | { failure: Failure } {
  try {
    const run = methods[method] as (...args: unknown[]) => unknown
    return { result: run(...args) }
  } catch (error) {
    if (isOfOlderSchema()) return { failure: { reason: 'restored', error } }
    return { failure: failureOf(error) }
  }
}

/** If it is, the file was restored, and the next call brings it up to date. */
function isOfOlderSchema(): boolean {
  try {
    if (database === undefined || database.isOfRelease) return false
    database.close()
    database = undefined
    return true
  } catch {
    return false
  }
}

/** Structured clone keeps neither the class of an error nor its fields. */
function failureOf(error: unknown): Failure {
  if (error instanceof StoreUnusable) return { unusable: error.message }
  return { reason: reasonOf(error), error }
}
