import { test } from 'tap'
import { looksLike } from '../../src/formats/looks-like.ts'
import { Places } from '../../src/formats/places.ts'

test('lines and columns are the same however a document is cut', async (t) => {
  const text = '{"a": 1,\n"ä": [\n1, NaN]}'
  const bytes = Buffer.from(text)
  const offset = bytes.indexOf('NaN')
  for (let at = 0; at <= offset; at++) {
    const places = new Places('body', 0)
    places.pass(bytes.subarray(0, at))
    const piece = bytes.subarray(at)
    t.equal(places.inWords(offset, piece), `in line 3, column 4 (byte ${offset})`, `${at}`)
    t.equal(looksLike(places.around(offset, piece))?.name, 'not-finite', `${at}`)
  }
})

test('columns count characters, as far as their bytes are there', async (t) => {
  const bytes = Buffer.from('{"ä": x}')
  t.equal(new Places('body', 0).inWords(bytes.indexOf('x'), bytes), 'in line 1, column 7 (byte 7)')
  t.equal(new Places('line', 2).inWords(4, Buffer.from('{"x')), 'in column 5 (byte 4 of the line)')
})

test('what lies in a line that was passed, or in a long body of many lines, has only its byte', async (t) => {
  const places = new Places('body', 0)
  places.pass(Buffer.from('{"a": 1,\n'))
  t.equal(places.inWords(1, Buffer.from('x')), 'at byte 1')
  t.equal(places.around(1, Buffer.from('x')), undefined)
  const long = new Places('body', 0)
  for (let piece = 0; piece < 5; piece++) long.pass(Buffer.alloc(2 ** 16, '1,\n'))
  t.equal(long.inWords(5 * 2 ** 16, Buffer.from('x')), `at byte ${5 * 2 ** 16}`)
  const oneLine = new Places('body', 0)
  for (let piece = 0; piece < 5; piece++) oneLine.pass(Buffer.alloc(2 ** 16, '1,'))
  t.match(oneLine.inWords(5 * 2 ** 16, Buffer.from('x')), /^in line 1, column 327681 /)
})

test('the end of a document is where it is', async (t) => {
  const places = new Places('body', 0)
  places.pass(Buffer.from('[1,\n2'))
  t.equal(places.inWords(5), 'in line 2, column 2 (byte 5)')
  t.equal(looksLike(places.around(5))?.name, 'cut')
  t.equal(looksLike(new Places('body', 0).around(0))?.name, 'empty')
  t.equal(looksLike(undefined), undefined)
})
