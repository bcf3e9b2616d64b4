import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import type { TableColumns } from '../../src/formats/table/columns.ts'
import { TableError } from '../../src/formats/table/errors.ts'
import { readHere } from '../formats/read-here.ts'
import { Choices } from './random.ts'
import { changedBytes } from './tables.ts'

const folder = new URL('../fixtures/tables/', import.meta.url)
const triesOfFile = 400
const rows = 40
const columns: TableColumns[] = [
  { predictions: ['p0', 'p1', 'p2'], labels: 'y', sampleWeights: 'w', groups: ['country', 'device'] },
  { predictions: 'list', labels: ['half', 'cents'], ids: 'id', at: 'stamp' },
]

test('a Parquet file with changed bytes is read whole, or refused in words', async (t) => {
  const choices = new Choices(20_261_203)
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.parquet'))) {
    const file = readFileSync(new URL(name, folder))
    const ends = { read: 0, refused: 0 }
    for (let left = triesOfFile; left > 0; left--) {
      const changed = changedBytes(file, choices)
      try {
        const { tensors } = await readHere(changed, 'parquet', choices.pick(columns), { missing: 'drop' })
        // rows with missing values are dropped
        if ((tensors.predictions?.shape[0] ?? 0) > rows) t.fail(`${name}: ${tensors.predictions?.shape}`)
        ends.read++
      } catch (error) {
        if (!(error instanceof TableError)) t.fail(`${name}: ${(error as Error).stack}`)
        ends.refused++
      }
    }
    t.ok(ends.read > 0 && ends.refused > 0, `${name}: ${ends.read} read, ${ends.refused} refused`)
  }
})
