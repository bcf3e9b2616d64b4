import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { test } from 'tap'
import { relayLines } from '../../src/log/relay.ts'

test('lines arrive whole, however they are cut; an unfinished one does not', async (t) => {
  const from = new PassThrough()
  const lines: string[] = []
  relayLines(from, { write: (line) => lines.push(line) })
  const bytes = Buffer.from('{"a":1}\n{"b":"\u20ac\u2028"}\n{"c":3}\n{"d"')
  for (let at = 0; at < bytes.length; at += 5) from.write(bytes.subarray(at, at + 5))
  from.end()
  await finished(from)
  t.same(lines, ['{"a":1}\n', '{"b":"\u20ac\u2028"}\n', '{"c":3}\n'])
})
