import t, { test } from 'tap'
import type { MalformedBody } from '../../src/formats/errors.ts'
import { JsonDocument } from '../../src/formats/json-document.ts'
import type { ScanLimits } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { appOf } from '../support.ts'
import { unaccounted } from '../unaccounted.ts'
import { limits, malformed, send, tooLarge, workOf } from './support.ts'

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
    ['{"loss":"mse",}', "Unexpected token '}' in line 1, column 15 (byte 14); a key was expected", 14],
    ['{"predictions":[1,]}', "Unexpected token ']' in line 1, column 19 (byte 18); a value was expected", 18],
    ['{"predictions":[NaN]}', "Unexpected token 'N' in line 1, column 17 (byte 16); a value or ']' was expected", 16],
    ["{'loss':1}", "Unexpected token ''' in line 1, column 2 (byte 1); a key or '}' was expected", 1],
    ['{"a":"\t"}', 'Unexpected byte 0x09 in line 1, column 7 (byte 6); a character of a string was expected', 6],
    ['{} {}', "Unexpected token '{' in line 1, column 4 (byte 3); nothing may follow the document", 3],
    ['\ufeff{}', "Unexpected byte 0xEF in line 1, column 1 (byte 0); '{' was expected", 0],
    ['{"a":1', 'Unexpected end in line 1, column 7 (byte 6); the document is not complete', 6],
    ['{"loss":1,"l\\u006fss":2}', 'The key in line 1, column 11 (byte 10) was given before in the same object', 10],
    ['{"a":{"\\u005f_proto__":1}}', 'The key in line 1, column 7 (byte 6) is __proto__, which is refused', 6],
    ['[1,2', 'Unexpected end in line 1, column 5 (byte 4); the document is not complete', 4],
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
