import pg from 'pg'
import type { Reason } from '../errors.ts'
import { StoreUnavailable, StoreUnusable } from '../errors.ts'

/** SQLSTATEs, or their first two characters, of what is no mistake of the program. */
const reasons: Readonly<Record<string, Reason>> = {
  '08': 'out-of-reach', // connection
  '25006': 'read-only', // read_only_sql_transaction
  '28': 'out-of-reach', // authorization
  '3D': 'out-of-reach', // no such database
  '40001': 'locked', // serialization_failure
  '40P01': 'locked', // deadlock_detected
  '42501': 'out-of-reach', // insufficient_privilege
  '42P01': 'out-of-reach', // undefined_table: they were there
  '53': 'out-of-reach', // resources
  '53100': 'disk-full',
  '55P03': 'locked', // lock_not_available
  '57': 'out-of-reach', // shutdown, cancelled
  '58': 'out-of-reach', // system
  XX: 'out-of-reach', // internal
  XX001: 'corrupt',
  XX002: 'corrupt',
}

/** What no waiting changes when the service starts. */
const permanent = /^(?:28|3D|42501|42P07|25006)/

/** `StoreUnavailable` if the database cannot be used, else the error itself. */
export function asStoreError(error: unknown): unknown {
  if (error instanceof StoreUnusable) return new StoreUnavailable('out-of-reach', error)
  const code = codeOf(error)
  if (code !== undefined) {
    const reason = reasons[code] ?? reasons[code.slice(0, 2)]
    return reason === undefined ? error : new StoreUnavailable(reason, error)
  }
  // what comes from the connection has no class of its own
  const isMistake = error instanceof TypeError || error instanceof RangeError
  return isMistake ? error : new StoreUnavailable('out-of-reach', error)
}

/** `StoreUnusable` if the service cannot be started with this database, else undefined. */
export function asStartError(error: unknown): StoreUnusable | undefined {
  if (error instanceof StoreUnusable) return error
  if (!permanent.test(codeOf(error) ?? '')) return undefined
  return new StoreUnusable(`PostgreSQL cannot be used: ${(error as Error).message}`, { cause: error })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
