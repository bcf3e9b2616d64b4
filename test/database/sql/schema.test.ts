import { test } from 'tap'
import { batchColumns, evaluationColumns, migrationsWith, newerSchema } from '../../../src/database/sql/schema.ts'

test('every migration is written in the types of its database', async (t) => {
  const text = migrationsWith({ id: '<id>', integer: '<int>', real: '<real>', bytes: '<bytes>' }).flat().join('\n')
  for (const column of ['id <id>', 'sequence <int>', 'loss <real>', 'state <bytes>'])
    t.ok(text.includes(column), column)
  t.notMatch(text, /undefined/)
  for (const column of `${evaluationColumns}, ${batchColumns}`.split(',')) {
    const [name] = column.trim().split(' ')
    t.match(text, new RegExp(`^ *${name} (?:<|TEXT)`, 'm'))
  }
})

test('a newer schema is told with what to do', async (t) => {
  t.equal(
    newerSchema(3, 1),
    'The database has version 3 of the schema; this release of lossmeter knows versions up to 1. Start the newer release, or restore a backup.',
  )
})
