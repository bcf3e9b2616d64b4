import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { test } from 'tap'
import { ByteReader } from '../../src/loss/bytes.ts'
import { emptyState, merge } from '../../src/loss/state.ts'
import { readState, readStateTally } from '../../src/loss/state-codec.ts'
import { matrix } from '../matrix.ts'
import { problemsWithSections } from './problems.ts'
import type { Request } from './support.ts'
import { bytesOf, digestOf, finish, invalidState, readBytes, specOf, stateOf, tallyBytes } from './support.ts'

const request: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: matrix('0.5 0.25 0.25; 0.125 0.75 0.125; 0.25 0.25 0.5'),
  labels: [0, 1, 0],
  include: ['confusion', 'calibration', 'perClass'],
}
const spec = specOf(request)
const state = stateOf(request)
const bytes = bytesOf(state)
const digest = digestOf(spec)

/** The same bytes with another version, in one byte. */
function withVersion(of: Uint8Array, version: number): Uint8Array {
  return Uint8Array.of(...of.subarray(0, 2), version, ...of.subarray(4))
}

test('a state begins with its version and the digest of its spec', async (t) => {
  t.same([...bytes.subarray(0, 4)], [0x4c, 0x4d, 0x82, 0])
  t.equal(new ByteReader(bytes.subarray(2)).count(), 2, 'which the release before takes for its version')
  const text = '{"include":["perClass","confusion","calibration"],"labelFormat":"index","loss":"cross-entropy"}'
  t.same(Buffer.from(bytes.subarray(4, 36)), createHash('sha256').update(text).digest())
  // K 3, three rows, none ignored, two right
  t.same([...bytes.subarray(36, 40)], [3, 3, 0, 2])
})

test('a batch of one row takes some 100 bytes', async (t) => {
  const row: Request = { ...request, predictions: [[0.1, 0.2, 0.7]], labels: [2], include: [] }
  t.ok(bytesOf(stateOf(row)).length < 100)
  t.ok(bytesOf(stateOf({ ...row, include: ['perClass', 'confusion', 'calibration'] })).length < 160)
  const many = Array.from({ length: 400 }, (_, k) => (k === 7 ? 1 : 0))
  const sparse: Request = { ...request, predictions: [many], labels: [300] }
  t.ok(bytesOf(stateOf(sparse)).length < 160, 'however many classes there are')
})

test('what is written is read, and reading writes the same bytes', async () => {
  const property = fc.property(problemsWithSections, (given) => {
    const written = bytesOf(stateOf(given))
    return bytesOf(readBytes(written, specOf(given))).join() === written.join()
  })
  fc.assert(property, { seed: 21, numRuns: 400 })
})

test('a state that was read merges as the one that was written', async (t) => {
  const read = () => readBytes(bytes, spec)
  t.same(bytesOf(merge(read(), read())), bytesOf(merge(state, state)))
  const empty = emptyState(spec)
  t.same(bytesOf(finish(readState(bytesOf(empty), spec, digest, 3))), bytesOf(empty), 'no rows are of any K')
  t.same(bytesOf(finish(readState(bytes, spec, digest, 3))), bytes)
})

test('the tally of a state is read alone', async (t) => {
  const tallyOf = (changed: Uint8Array) => tallyBytes(readStateTally(changed, spec, digest))
  t.equal(tallyOf(bytes), tallyBytes(state.tally))
  t.equal(tallyOf(Uint8Array.of(...bytes, 0)), tallyBytes(state.tally), 'what follows it is not looked at')
  const wrong = [bytes.with(1, 0), bytes.with(4, bytes[4] ^ 1), bytes.subarray(0, 40)]
  for (const each of wrong) t.throws(() => readStateTally(each, spec, digest), invalidState)
})

test('a state of version 2 has terms of the engine, as has what it is merged into, in any order', async (t) => {
  const second = withVersion(bytes, 2)
  const read = () => readBytes(second, spec)
  t.same([state.tally.terms, read().tally.terms, readStateTally(second, spec, digest).terms], [2, 1, 1])
  t.same(bytesOf(read()), second, 'it is written as it was')
  const both = withVersion(bytesOf(merge(state, state)), 2)
  for (const total of [merge(read(), read()), merge(read(), state), merge(state, read())]) {
    t.equal(total.tally.terms, 1)
    t.same(bytesOf(total), both)
  }
  t.equal(merge(emptyState(spec), state).tally.terms, 2)
  t.equal(merge(emptyState(spec), read()).tally.terms, 1)
})

test('a state of version 1 is read, and merges with those of today', async (t) => {
  // as an earlier release wrote it: without the counts of rows that have weight, and without the last two sums of the tally
  const tallySize = tallyBytes(state.tally).split(',').length
  const counts = [...bytes.subarray(36, 43)]
  const rest = [...bytes.subarray(45, 36 + tallySize - 2), ...bytes.subarray(36 + tallySize)]
  const first = Uint8Array.of(...bytes.subarray(0, 2), 1, ...bytes.subarray(4, 36), ...counts, ...rest)
  t.same(bytesOf(readBytes(first, spec)), withVersion(bytes, 2))
  t.equal(tallyBytes(readStateTally(first, spec, digest)), tallyBytes(state.tally))
  t.same(bytesOf(merge(readBytes(first, spec), state)), withVersion(bytesOf(merge(state, state)), 2))
})

test('bytes of another version, spec or K are refused', async (t) => {
  const cases: [name: string, read: () => unknown][] = [
    ['another head', () => readBytes(bytes.with(0, 0x4b), spec)],
    ['a later version', () => readBytes(withVersion(bytes, 3), spec)],
    ['a later version in two bytes', () => readBytes(bytes.with(2, 0x83), spec)],
    ['terms of a later release', () => readBytes(bytes.with(3, 1), spec)],
    ['version 0', () => readBytes(withVersion(bytes, 0), spec)],
    ['another digest', () => readBytes(bytes.with(20, bytes[20] ^ 1), spec)],
    ['another option', () => readBytes(bytes, specOf({ ...request, epsilon: 1e-6 }))],
    ['another loss', () => readBytes(bytes, specOf({ ...request, loss: 'brier' }))],
    ['fewer sections', () => readBytes(bytes, specOf({ ...request, include: ['confusion'] }))],
    ['another K', () => finish(readState(bytes, spec, digest, 4))],
  ]
  for (const [name, read] of cases) t.throws(read, invalidState, name)
  t.doesNotThrow(
    () => readBytes(bytes, specOf({ ...request, reduction: 'sum', include: ['perClass', 'calibration', 'confusion'] })),
    'the reduction, and the order of sections, change nothing',
  )
})

test('every truncation, and anything after the state, is refused', async (t) => {
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => readBytes(bytes.subarray(0, length), spec), invalidState, `${length} bytes`)
  }
  t.throws(() => readBytes(Uint8Array.of(...bytes, 0), spec), invalidState, 'one byte more')
})
