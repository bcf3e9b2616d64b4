import { crc32 } from 'node:zlib'
import { test } from 'tap'
import { StateCodec } from '../../src/evaluations/codec.ts'
import { InvalidState } from '../../src/loss/bytes.ts'
import { bytesOf, finish, specOf, stateOf, tallyBytes } from '../loss/support.ts'
import { classRows } from './evaluations.ts'

const request = classRows(5)
const state = stateOf(request)
const codec = new StateCodec(specOf(request), 3)

test('a state is written and read, and its tally alone', async (t) => {
  const bytes = finish(codec.write(state))
  t.same(Buffer.from(bytes.subarray(0, -4)), Buffer.from(bytesOf(state)))
  t.equal(Buffer.from(bytes).readUInt32BE(bytes.length - 4), crc32(bytesOf(state)))
  t.same(finish(codec.write(finish(codec.read(bytes)))), bytes)
  t.equal(tallyBytes(finish(codec.readTally(bytes))), tallyBytes(state.tally))
  t.equal(finish(codec.read(bytes)).spec, codec.spec)
  const within = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')])
  t.same(finish(codec.write(finish(codec.read(within.subarray(6, -5))))), bytes, 'in the middle of a buffer')
})

test('any changed bit is noticed, and any missing byte', async (t) => {
  const bytes = finish(codec.write(state))
  let noticed = 0
  const isNoticed = (changed: Uint8Array) => {
    for (const read of ['read', 'readTally'] as const) {
      try {
        finish<unknown>(codec[read](changed))
      } catch (error) {
        if (!(error instanceof InvalidState)) throw error
        noticed++
      }
    }
  }
  for (let bit = 0; bit < 8 * bytes.length; bit++) isNoticed(bytes.with(bit >> 3, bytes[bit >> 3] ^ (1 << (bit & 7))))
  t.equal(noticed, 2 * 8 * bytes.length)
  for (let length = 0; length < bytes.length; length++) isNoticed(bytes.subarray(0, length))
  isNoticed(Buffer.concat([bytes, Uint8Array.of(0)]))
  t.equal(noticed, 2 * (9 * bytes.length + 1))
})
