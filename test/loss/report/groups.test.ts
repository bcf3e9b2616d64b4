import fc from 'fast-check'
import { test } from 'tap'
import { ByteReader, ByteWriter } from '../../../src/loss/bytes.ts'
import { fromDouble, fromInteger, zero } from '../../../src/loss/numerics/dyadic.ts'
import type { Groups } from '../../../src/loss/report/groups.ts'
import { groupBytes, groupsOf } from '../../../src/loss/report/groups.ts'
import { countSteps, finish, invalidState } from '../support.ts'

const { empty, absorb, write, read } = groupsOf(2, 1)

function bytes(groups: Groups): string {
  const writer = new ByteWriter()
  finish(write(groups, writer))
  return writer.bytes().join()
}

const anyGroups: fc.Arbitrary<Groups> = fc
  .array(
    fc.tuple(fc.nat({ max: 300 }), fc.tuple(fc.nat(), fc.nat()), fc.double({ noNaN: true, noDefaultInfinity: true })),
    { maxLength: 6 },
  )
  .map((entries) => new Map(entries.map(([group, counts, sum]) => [group, { counts, sums: [fromDouble(sum)] }])))

function sum(...parts: Groups[]): Groups {
  const groups = empty()
  for (const part of parts) finish(absorb(groups, part))
  return groups
}

test('the bytes of groups have room for the longest sums', async (t) => {
  t.equal(groupBytes(10, 2, 3), 10 * (200 + 2 * 8 + 3 * 512))
  // from the lowest place of a double to the highest, and 2^53 of them
  t.ok(groupBytes(1, 0, 1) > (1074 + 1024 + 53) / 8)
})

test('16 groups are added in a step', async (t) => {
  const groups = (count: number): Groups =>
    new Map(Array.from({ length: count }, (_, group) => [group, { counts: [1, 2], sums: [fromInteger(3)] }]))
  const steps = (count: number) => countSteps(absorb(empty(), groups(count)))
  t.same([steps(1), steps(15), steps(16), steps(47)], [0, 0, 1, 2])
  t.equal(bytes(sum(groups(3000))), bytes(groups(3000)))
})

test('what is written is read, the groups in rising order', async (t) => {
  const groups: Groups = new Map([
    [5, { counts: [1, 2], sums: [fromInteger(3)] }],
    [2, { counts: [4, 200], sums: [zero] }],
  ])
  // two groups; two are left out, 4, 200, 0; two are left out, 1, 2, one byte of 3, exponent 0
  t.equal(bytes(groups), '2,2,4,200,1,0,2,1,2,2,3,0')
  const property = fc.property(anyGroups, (any) => {
    const writer = new ByteWriter()
    finish(write(any, writer))
    return bytes(finish(read(new ByteReader(writer.bytes())))) === bytes(any)
  })
  fc.assert(property, { seed: 4, numRuns: 300 })
  const hostile = new ByteReader(Uint8Array.of(255, 255, 3, 0))
  t.throws(() => finish(read(hostile)), invalidState, 'more groups than bytes')
})

test('groups are read in steps', async (t) => {
  const steps = (count: number) => {
    const writer = new ByteWriter()
    finish(write(new Map(Array.from({ length: count }, (_, at) => [at, { counts: [1, 1], sums: [zero] }])), writer))
    return countSteps(read(new ByteReader(writer.bytes())))
  }
  t.same([steps(1), steps(15), steps(16), steps(47)], [0, 0, 1, 2])
})

test('groups are written in steps, and however many there are in rising order', async (t) => {
  const groups = (count: number, apart: number): Groups =>
    new Map(Array.from({ length: count }, (_, at) => [(count - 1 - at) * apart, { counts: [1, 1], sums: [zero] }]))
  const steps = (count: number, apart = 1) => countSteps(write(groups(count, apart), new ByteWriter()))
  t.same([steps(1), steps(15), steps(16), steps(47)], [0, 0, 1, 2])
  for (const [count, apart] of [
    [2 ** 14, 1],
    [20_000, 1],
    [20_000, 3],
  ] as const) {
    const writer = new ByteWriter()
    writer.count(count)
    const expected = [
      ...writer.bytes(),
      ...Array.from({ length: count }, (_, at) => [at === 0 ? 0 : apart - 1, 1, 1, 0]).flat(),
    ]
    t.equal(bytes(groups(count, apart)), expected.join(), `${count}, ${apart} apart`)
  }
  t.equal(steps(20_000, 3), Math.floor(20_000 / 16) + Math.floor((3 * 19_999 + 1) / 2 ** 14), 'and looked up in steps')
})
