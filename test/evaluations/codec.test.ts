import { test } from 'tap'
import { StateCodec } from '../../src/evaluations/codec.ts'
import { bytesOf, invalidState, specOf, stateOf, tallyBytes } from '../loss/support.ts'
import { classRows } from './evaluations.ts'

const request = classRows(5)
const state = stateOf(request)
const codec = new StateCodec(specOf(request), 3)

test('a state is written and read, and its tally alone', async (t) => {
  const bytes = codec.write(state)
  t.same(bytes, bytesOf(state))
  t.same(bytesOf(codec.read(bytes)), bytes)
  t.equal(tallyBytes(codec.readTally(bytes)), tallyBytes(state.tally))
  t.equal(codec.spec, codec.read(bytes).spec)
})

test('a state of another spec or K is refused', async (t) => {
  const others = [new StateCodec(specOf({ ...request, epsilon: 1e-6 }), 3), new StateCodec(specOf(request), 4)]
  for (const other of others) t.throws(() => other.read(codec.write(state)), invalidState)
  t.throws(() => others[0].readTally(codec.write(state)), invalidState)
  t.throws(() => codec.read(codec.write(state).subarray(1)), invalidState)
})
