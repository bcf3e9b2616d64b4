import pg from 'pg'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import type { ElementType } from '../../../src/database/postgres/binary-array.ts'
import { bigint, binaryArray, bytea, double, text } from '../../../src/database/postgres/binary-array.ts'
import { sharedPostgres } from './server.ts'

const server = await sharedPostgres(root)
const client = new pg.Client(await server.createDatabase())
await client.connect()
root.teardown(() => client.end())

/** PostgreSQL reads an array as it reads the one that `pg` writes as text. */
async function isRead<Value>(t: Test, name: string, type: ElementType<Value>, values: (Value | null)[]): Promise<void> {
  const query = `SELECT $1::${name}[] IS NOT DISTINCT FROM $2::${name}[] AS same, cardinality($1::${name}[]) AS count`
  const { rows } = await client.query(query, [binaryArray(type, values), values])
  t.same(rows, [{ same: true, count: values.length }], name)
}

test('arrays are read as they are', async (t) => {
  await isRead(t, 'bigint', bigint, [0, 1, 255, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, -1])
  await isRead(t, 'double precision', double, [0.1, null, -1.5e300, 5e-324, Number.POSITIVE_INFINITY])
  await isRead(t, 'text', text, ['', 'a', 'NULL', '{"x", \\}', '손실', null])
  await isRead(t, 'bytea', bytea, [new Uint8Array(), Buffer.from([0, 255, 92, 34]), new Uint8Array(600)])
})

test('so is one without elements', async (t) => {
  await isRead(t, 'bigint', bigint, [])
})
