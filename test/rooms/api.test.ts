import { test } from 'tap'
import { watchTurns } from '../support.ts'
import { importRoom } from './rooms.ts'

const turnProbe = process.env.TEST_TURNS === 'yes' ? watchTurns() : undefined
const skip = turnProbe === undefined && 'only npm run test:all measures turns (TEST_TURNS=yes)'

await importRoom('api')

test('no request takes a turn of more than 40 ms', { skip }, async (t) => {
  t.same(await turnProbe?.longTurns(), [])
})
