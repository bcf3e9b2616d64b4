import { readdirSync, readFileSync } from 'node:fs'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { test } from 'tap'
import { readNames } from '../../../src/pages/batch/table-names.js'
import { seeded } from '../../formats/support.ts'

const folder = new URL('../../fixtures/tables/', import.meta.url)
const tables = readdirSync(folder).filter((name) => /\.(parquet|arrow)$/.test(name))
const given = Object.keys(JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))).toSorted()

function fileOf(bytes: Uint8Array): File {
  return new File([new Uint8Array(bytes)], 'a table')
}

test('the names of the columns of each writer', async (t) => {
  t.ok(tables.length >= 10)
  for (const name of tables) {
    const { format, names } = await readNames(fileOf(readFileSync(new URL(name, folder))))
    t.same([format, names.toSorted()], [name.slice(name.lastIndexOf('.') + 1), given], name)
  }
  // columns of lists and of structures are one each
  const { types, others } = JSON.parse(readFileSync(new URL('duckdb/expected.json', folder), 'utf8'))
  const { names } = await readNames(fileOf(readFileSync(new URL('duckdb/zstd-v1.parquet', folder))))
  t.same(names, [...Object.keys(types), ...others])
})

test('names in any script, and 10,000 of them', async (t) => {
  const many = ['예측', 'a "b"', ...Array.from({ length: 10_000 }, (_, at) => `c${at}`)]
  const table = tableFromArrays(Object.fromEntries(many.map((name) => [name, Float64Array.of(1)])))
  for (const kind of ['file', 'stream'] as const) {
    t.same((await readNames(fileOf(tableToIPC(table, kind)))).names, many)
  }
})

test('what is no table, or is cut or changed, has names or is refused in words', async (t) => {
  const below = seeded(9)
  let refused = 0
  for (const name of ['duckdb-snappy.parquet', 'pyarrow-file.arrow', 'pyarrow-stream.arrow']) {
    const file = readFileSync(new URL(name, folder))
    for (let mutant = 0; mutant < 200; mutant++) {
      const bytes = Buffer.from(mutant % 2 === 0 ? file.subarray(0, below(file.length)) : file)
      if (mutant % 2 === 1) bytes[bytes.length - 1 - below(Math.min(2000, bytes.length))] = below(256)
      await readNames(fileOf(bytes)).catch((error: Error) => {
        refused++
        if (error.message !== 'a table is neither a Parquet nor an Arrow file.') t.fail(error.message)
      })
    }
  }
  t.ok(refused > 100)
})
