import type { Reason } from '../errors.ts'
import { StoreUnavailable } from '../errors.ts'

/** https://sqlite.org/rescode.html */
const reasons: Readonly<Record<number, Reason>> = {
  3: 'read-only', // PERM
  5: 'locked', // BUSY
  6: 'locked', // LOCKED
  7: 'out-of-reach', // NOMEM
  8: 'read-only', // READONLY
  10: 'out-of-reach', // IOERR
  11: 'corrupt', // CORRUPT
  13: 'disk-full', // FULL
  14: 'out-of-reach', // CANTOPEN
  15: 'locked', // PROTOCOL
  26: 'corrupt', // NOTADB
}

interface SqliteError extends Error {
  readonly errcode: number
}

export function reasonOf(error: unknown): Reason | undefined {
  return isSqliteError(error) ? reasons[error.errcode & 0xff] : undefined
}

export function asStoreError(error: unknown): unknown {
  const reason = reasonOf(error)
  return reason === undefined ? error : new StoreUnavailable(reason, error)
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
