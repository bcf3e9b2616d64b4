import { test } from 'tap'
import { ByteReader, ByteWriter, InvalidState } from '../../../src/loss/bytes.ts'
import { readKey, writeKey } from '../../../src/loss/groups/codec.ts'
import type { GroupKey } from '../../../src/loss/groups/partition.ts'

function written(key: GroupKey): Uint8Array {
  const writer = new ByteWriter()
  writeKey(key, writer)
  return writer.bytes()
}

test('a key is read as it was written', async (t) => {
  for (const value of [null, true, false, 0, 7, -7, 2 ** 53 - 1, 1 - 2 ** 53, '', '7', 'na\u00efve', '\ud800']) {
    t.strictSame(readKey(new ByteReader(written([value])), 'x'), [value], JSON.stringify(value))
  }
  const several: GroupKey = ['KR', null, -1]
  t.strictSame(readKey(new ByteReader(written(several)), ['a', 'b', 'c']), several)
})

test('what no key has been written as is refused', async (t) => {
  const noString = new InvalidState('the key of a group is no string')
  const bytesOf = (text: string) => Uint8Array.of(5, text.length, ...Buffer.from(text))
  for (const [bytes, error] of [
    [Uint8Array.of(6), new InvalidState('the key of a group is of no kind')],
    [bytesOf('"a'), noString],
    [bytesOf('7'), noString],
  ] as const) {
    t.throws(() => readKey(new ByteReader(bytes), 'x'), error)
  }
})
