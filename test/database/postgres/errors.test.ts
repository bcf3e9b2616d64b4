import pg from 'pg'
import { test } from 'tap'
import { StoreUnusable } from '../../../src/database/errors.ts'
import { asStartError, asStoreError } from '../../../src/database/postgres/errors.ts'

/** What PostgreSQL answers with a SQLSTATE. */
function answerOf(code: string | undefined): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('from the server', 0, 'error'), { code })
}

test('what keeps the database from being used has a reason', async (t) => {
  const table: readonly (readonly [code: string, reason: string | undefined, start: boolean])[] = [
    ['08006', 'out-of-reach', false],
    ['22021', undefined, false], // a character that is none
    ['23505', undefined, false], // unique_violation
    ['25006', 'read-only', true],
    ['28P01', 'out-of-reach', true], // wrong password
    ['3D000', 'out-of-reach', true],
    ['40001', 'locked', false],
    ['40P01', 'locked', false],
    ['42501', 'out-of-reach', true],
    ['42601', undefined, false], // syntax_error
    ['42P01', 'out-of-reach', false],
    ['42P07', undefined, true], // the tables of another program
    ['53100', 'disk-full', false],
    ['53300', 'out-of-reach', false], // too_many_connections
    ['55P03', 'locked', false],
    ['57P01', 'out-of-reach', false], // admin_shutdown
    ['57P03', 'out-of-reach', false], // cannot_connect_now
    ['58030', 'out-of-reach', false], // io_error
    ['XX000', 'out-of-reach', false],
    ['XX001', 'corrupt', false],
    ['XX002', 'corrupt', false],
  ]
  for (const [code, reason, isPermanent] of table) {
    const error = answerOf(code)
    if (reason === undefined) t.equal(asStoreError(error), error, code)
    else t.match(asStoreError(error), { name: 'StoreUnavailable', reason, cause: error }, code)
    const message = 'PostgreSQL cannot be used: from the server'
    if (isPermanent) t.match(asStartError(error), { name: 'StoreUnusable', message, cause: error }, code)
    else t.equal(asStartError(error), undefined, code)
  }
})

test('a connection that fails is out of reach, and may be there later', async (t) => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })
  const errors = [
    refused,
    new AggregateError([refused], 'both addresses'),
    Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }),
    Object.assign(new Error('wrong version number'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }),
    new Error('Connection terminated unexpectedly'),
    new Error('Connection terminated due to connection timeout'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Query read timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('The server does not support SSL connections'),
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    answerOf(undefined),
  ]
  for (const error of errors) {
    t.match(asStoreError(error), { name: 'StoreUnavailable', reason: 'out-of-reach', cause: error }, error.message)
    t.equal(asStartError(error), undefined)
  }
})

test('mistakes of the program are no outage of the database', async (t) => {
  const mistakes = [
    new Error('unexpected condition'),
    new TypeError('x'),
    new RangeError('x'),
    Object.assign(new Error('x'), { code: 'ERR_INVALID_STATE' }),
    new AggregateError([new TypeError('x')]),
    new AggregateError([]),
    'thrown',
  ]
  for (const error of mistakes) t.equal(asStoreError(error), error, String(error))
})

test('a newer schema ends the start, and later is out of reach', async (t) => {
  const error = new StoreUnusable('newer')
  t.equal(asStartError(error), error)
  t.match(asStoreError(error), { name: 'StoreUnavailable', reason: 'out-of-reach', cause: error })
})
