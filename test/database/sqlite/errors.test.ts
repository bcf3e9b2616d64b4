import { DatabaseSync } from 'node:sqlite'
import { test } from 'tap'
import { asStoreError, reasonOf } from '../../../src/database/sqlite/errors.ts'

/** What a statement throws. */
function errorOf(text: string): unknown {
  try {
    new DatabaseSync(':memory:').exec(text)
  } catch (error) {
    return error
  }
  return undefined
}

test('what keeps the database from being used has a reason', async (t) => {
  const table: readonly (readonly [code: number, reason: string | undefined])[] = [
    [1, undefined], // ERROR: the statement is wrong
    [3, 'read-only'],
    [5, 'locked'],
    [5 | (2 << 8), 'locked'], // BUSY_SNAPSHOT
    [6, 'locked'],
    [7, 'out-of-reach'],
    [8 | (4 << 8), 'read-only'], // READONLY_DBMOVED
    [10 | (3 << 8), 'out-of-reach'], // IOERR_WRITE
    [11, 'corrupt'],
    [13, 'disk-full'],
    [14, 'out-of-reach'],
    [15, 'locked'],
    [19, undefined], // CONSTRAINT
    [26, 'corrupt'],
  ]
  for (const [errcode, reason] of table) {
    const error = Object.assign(new Error('from SQLite'), { errcode })
    t.equal(reasonOf(error), reason, String(errcode))
    if (reason === undefined) t.equal(asStoreError(error), error)
    else t.match(asStoreError(error), { name: 'StoreUnavailable', reason, cause: error })
  }
})

test('real errors of node:sqlite', async (t) => {
  t.equal(reasonOf(errorOf('PRAGMA query_only = ON; CREATE TABLE x (y)')), 'read-only')
  t.equal(reasonOf(errorOf('SELECT x')), undefined)
})
