import pg from 'pg'
import type { Reason } from '../errors.ts'
import { StoreUnavailable, StoreUnusable } from '../errors.ts'

/** SQLSTATEs, or their first two characters. Others are mistakes of the program. */
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

const networkCodes =
  /^(?:ECONN|ERR_(?:SSL|TLS|STREAM|SOCKET)_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/

/** Messages of errors without a code where a connection fails. */
const networkMessages =
  /^(?:Connection terminated|timeout ex|Query read timeout|Client (?:has encountered a connection|was closed)|Cannot use a pool|The server does not support SSL|There was an error establishing|SASL: )/

/** Waiting would not help. */
const permanent = /^(?:28|3D|42501|42P07|25006)/

/** `StoreUnavailable` if the database cannot be used, else the error itself. */
export function asStoreError(error: unknown): unknown {
  const reason = reasonOf(error)
  return reason === undefined ? error : new StoreUnavailable(reason, error)
}

function reasonOf(error: unknown): Reason | undefined {
  const code = codeOf(error)
  if (code !== undefined) return reasons[code] ?? reasons[code.slice(0, 2)]
  const isOutOfReach = error instanceof StoreUnusable || error instanceof pg.DatabaseError || isOfNetwork(error)
  return isOutOfReach ? 'out-of-reach' : undefined
}

function isOfNetwork(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isOfNetwork)
  const code = 'code' in error ? String(error.code) : ''
  return 'syscall' in error || networkCodes.test(code) || networkMessages.test(error.message)
}

/** undefined where waiting may help */
export function asStartError(error: unknown): StoreUnusable | undefined {
  if (error instanceof StoreUnusable) return error
  if (!permanent.test(codeOf(error) ?? '')) return undefined
  return new StoreUnusable(`PostgreSQL cannot be used: ${(error as Error).message}`, { cause: error })
}

/** Whether the schema is not the one that was found. */
export function isOfSchema(error: unknown): boolean {
  return /^(?:42703|42P01)$/.test(codeOf(error) ?? '')
}

function codeOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}
