import t, { test } from 'tap'
import type { MalformedBody } from '../../src/formats/errors.ts'
import { JsonDocument } from '../../src/formats/json-document.ts'
import type { ScanLimits } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { appOf } from '../support.ts'
import { unaccounted } from '../unaccounted.ts'
import { invalid, limits, malformed, send, tooLarge, workOf } from './support.ts'

const app = await appOf(t)
const names = ['predictions', 'labels']

/** What a document comes to when it is written in these chunks. */
function outcomeOf(chunks: readonly Buffer[], limits_: ScanLimits = limits()): unknown {
  const scanner = new JsonDocument(names, limits_, unaccounted)
  try {
    for (const piece of chunks) scanner.write(piece)
    return finish(scanner.end())
  } catch (error) {
    const { message, offset } = error as MalformedBody
    return [error?.constructor.name, message, offset]
  }
}

test('what is no JSON is refused with its position', async (t) => {
  const cases: [string, string, number][] = [
    ['', "Unexpected end in line 1, column 1 (byte 0); '{' was expected", 0],
    [' \n', "Unexpected end in line 2, column 1 (byte 2); '{' was expected", 2],
    ['hello', "Unexpected token 'h' in line 1, column 1 (byte 0); '{' was expected", 0],
    ['not json', "Unexpected token 'o' in line 1, column 2 (byte 1); true, false or null was expected", 1],
    ['{"loss":"mse",}', "Unexpected token '}' in line 1, column 15 (byte 14); a key was expected", 14],
    ['{"predictions":[1,]}', "Unexpected token ']' in line 1, column 19 (byte 18); a value was expected", 18],
    ['{"predictions":[01]}', "Unexpected token '1' in line 1, column 18 (byte 17); ',' or ']' was expected", 17],
    ['{"predictions":[.5]}', "Unexpected token '.' in line 1, column 17 (byte 16); a value or ']' was expected", 16],
    ['{"predictions":[1.]}', "Unexpected token ']' in line 1, column 19 (byte 18); a digit was expected", 18],
    ['{"predictions":[NaN]}', "Unexpected token 'N' in line 1, column 17 (byte 16); a value or ']' was expected", 16],
    ['{"predictions":[-Infinity]}', "Unexpected token 'I' in line 1, column 18 (byte 17); a digit was expected", 17],
    ['{"epsilon":NaN}', "Unexpected token 'N' in line 1, column 12 (byte 11); a value was expected", 11],
    ["{'loss':1}", "Unexpected token ''' in line 1, column 2 (byte 1); a key or '}' was expected", 1],
    ['{"a":"\t"}', 'Unexpected byte 0x09 in line 1, column 7 (byte 6); a character of a string was expected', 6],
    ['{"a":"\\x"}', "Unexpected token 'x' in line 1, column 8 (byte 7); an escape letter was expected", 7],
    ['{} {}', "Unexpected token '{' in line 1, column 4 (byte 3); nothing may follow the document", 3],
    ['{}\0', 'Unexpected byte 0x00 in line 1, column 3 (byte 2); nothing may follow the document', 2],
    ['\u0001[1]', "Unexpected byte 0x01 in line 1, column 1 (byte 0); '{' was expected", 0],
    ['\ufeff{}', "Unexpected byte 0xEF in line 1, column 1 (byte 0); '{' was expected", 0],
    ['{/**/}', "Unexpected token '/' in line 1, column 2 (byte 1); a key or '}' was expected", 1],
    ['{"a":1', 'Unexpected end in line 1, column 7 (byte 6); the document is not complete', 6],
    ['{"a":{"b":1,"b":2}}', 'The key in line 1, column 13 (byte 12) was given before in the same object', 12],
    ['{"loss":1,"l\\u006fss":2}', 'The key in line 1, column 11 (byte 10) was given before in the same object', 10],
    [
      '{"predictions":[1],"predictions":[2]}',
      'The key in line 1, column 20 (byte 19) was given before in the same object',
      19,
    ],
    ['{"__proto__":{}}', 'The key in line 1, column 2 (byte 1) is __proto__, which is refused', 1],
    ['{"a":{"\\u005f_proto__":1}}', 'The key in line 1, column 7 (byte 6) is __proto__, which is refused', 6],
    ['[1,2', 'Unexpected end in line 1, column 5 (byte 4); the document is not complete', 4],
    ['1,"a":2', "Unexpected token ',' in line 1, column 2 (byte 1); nothing may follow the document", 1],
  ]
  for (const [payload, message, offset] of cases) {
    const { status, body } = await send(app, {}, payload)
    t.same([status, body], [400, malformed(`The body is not valid JSON: ${message}.`, { offset })], payload)
  }
  const bad = await send(app, {}, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
  t.equal(
    bad.body.detail,
    'The body is not valid JSON: Unexpected byte 0xFF in line 1, column 3 (byte 2); a character of a string was expected.',
  )
})

test('JSON that is no object is refused as content', async (t) => {
  for (const [payload, received] of [
    ['[1,2]', 'an array of 2'],
    ['  "x"', 'a string'],
    ['3', 'a number'],
    ['null', 'null'],
    ['\r\n\t true', 'true'],
  ]) {
    const detail = `the body is ${received}; it must be one JSON object`
    const { status, body } = await send(app, {}, payload)
    t.same([status, body], [422, invalid('#', detail, received)], payload)
  }
})

test('limits are named', async (t) => {
  const deep = await send(app, {}, `{"a":${'['.repeat(40)}`)
  t.same([deep.status, deep.body], [413, tooLarge('The body exceeds maxDepth, 32.', 'maxDepth', 32)])
  const small: ScanLimits = { ...limits(), maxElements: 4, maxRows: 3, maxColumns: 2, maxKeys: 5, maxOptionBytes: 30 }
  const cases: [string, keyof ScanLimits, number][] = [
    ['{"labels":[[1,2],[3,4],[5,6]]}', 'maxElements', 4],
    ['{"labels":[1,2,3,4]}', 'maxRows', 3],
    ['{"labels":[[1,2,3]]}', 'maxColumns', 2],
    ['{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}', 'maxKeys', 5],
    [`{"a":"${'1'.repeat(30)}"}`, 'maxOptionBytes', 30],
    [`{"${'k'.repeat(1025)}":1}`, 'maxKeyLength', 1024],
    [`{"labels":[${'1'.repeat(65_537)}]}`, 'maxNumberLength', 65_536],
    ['[[1,2,3]]', 'maxColumns', 2],
  ]
  for (const [document, limit, allowed] of cases) {
    const hint = limit === 'maxOptionBytes' ? ' Long arrays belong in predictions and labels.' : ''
    const outcome = ['LimitExceeded', `The body exceeds ${limit}, ${allowed}.${hint}`, undefined]
    t.same(outcomeOf([Buffer.from(document)], small), outcome, limit)
  }
})

test('a document that is given up gives back what it took', async (t) => {
  const { work, budget } = workOf()
  for (const text of [`{"predictions":[${'1,'.repeat(100_000)}`, `[${'1,'.repeat(100_000)}`, '  ']) {
    const scanner = new JsonDocument(['predictions'], limits(), work.memory)
    scanner.write(Buffer.from(text))
    if (text.length > 2) t.ok(budget.held > 0)
    scanner.discard()
    t.equal(budget.held, 0)
  }
})
