import { Readable } from 'node:stream'
import fc from 'fast-check'
import t, { test } from 'tap'
import { JsonScanner, readJson, readWholeJson } from '../../src/formats/json.ts'
import type { Problem } from '../../src/http/problem.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import type { ScanLimits } from '../../src/scanner/scanner.ts'
import { appOf } from '../support.ts'
import { unaccounted } from '../unaccounted.ts'
import {
  Client,
  chunk,
  cut,
  enough,
  head,
  invalid,
  lastChunk,
  limits,
  malformed,
  options,
  readerOf,
  resultOf,
  rowsOf,
  seeded,
  send,
  serve,
  tooLarge,
  workOf,
} from './support.ts'

const app = await appOf(t)
const names = ['predictions', 'labels']
const request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: [
    [0.25, 0.75],
    [1, 0],
  ],
  labels: [1, 0],
  sampleWeights: [1, 2.5e-1],
  classWeights: [1, 1],
  include: ['perClass'],
  labelSmoothing: 0.1,
}
const text = JSON.stringify(request, undefined, 1)

function isJson(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    return true
  } catch {
    return false
  }
}

/** What a document comes to when it is written in these chunks. */
function outcomeOf(chunks: readonly Buffer[], limits_: ScanLimits = limits()): unknown {
  const scanner = new JsonScanner(names, limits_, unaccounted)
  try {
    for (const piece of chunks) scanner.write(piece)
    return resultOf(scanner.end())
  } catch (error) {
    const { message, extensions } = error as Problem
    return [error?.constructor.name, message, extensions]
  }
}

test('what is no JSON is refused with its position', async (t) => {
  const cases: [string, string, number][] = [
    ['', "Unexpected end at byte 0; '{' was expected", 0],
    [' \n', "Unexpected end at byte 2; '{' was expected", 2],
    ['hello', "Unexpected token 'h' at byte 0; '{' was expected", 0],
    ['not json', "Unexpected token 'o' at byte 1; true, false or null was expected", 1],
    ['{"loss":"mse",}', "Unexpected token '}' at byte 14; a key was expected", 14],
    ['{"predictions":[1,]}', "Unexpected token ']' at byte 18; a value was expected", 18],
    ['{"predictions":[01]}', "Unexpected token '1' at byte 17; ',' or ']' was expected", 17],
    ['{"predictions":[.5]}', "Unexpected token '.' at byte 16; a value or ']' was expected", 16],
    ['{"predictions":[1.]}', "Unexpected token ']' at byte 18; a digit was expected", 18],
    ['{"predictions":[NaN]}', "Unexpected token 'N' at byte 16; a value or ']' was expected", 16],
    ['{"predictions":[-Infinity]}', "Unexpected token 'I' at byte 17; a digit was expected", 17],
    ['{"epsilon":NaN}', "Unexpected token 'N' at byte 11; a value was expected", 11],
    ["{'loss':1}", "Unexpected token ''' at byte 1; a key or '}' was expected", 1],
    ['{"a":"\t"}', 'Unexpected byte 0x09 at byte 6; a character of a string was expected', 6],
    ['{"a":"\\x"}', "Unexpected token 'x' at byte 7; an escape letter was expected", 7],
    ['{} {}', "Unexpected token '{' at byte 3; nothing may follow the document", 3],
    ['{}\0', 'Unexpected byte 0x00 at byte 2; nothing may follow the document', 2],
    ['\u0001[1]', "Unexpected byte 0x01 at byte 0; '{' was expected", 0],
    ['\ufeff{}', "Unexpected byte 0xEF at byte 0; '{' was expected", 0],
    ['{/**/}', "Unexpected token '/' at byte 1; a key or '}' was expected", 1],
    ['{"a":1', 'Unexpected end at byte 6; the document is not complete', 6],
    ['{"a":{"b":1,"b":2}}', 'The key at byte 12 was given before in the same object', 12],
    ['{"loss":1,"l\\u006fss":2}', 'The key at byte 10 was given before in the same object', 10],
    ['{"predictions":[1],"predictions":[2]}', 'The key at byte 19 was given before in the same object', 19],
    ['{"__proto__":{}}', 'The key at byte 1 is __proto__, which is refused', 1],
    ['{"a":{"\\u005f_proto__":1}}', 'The key at byte 6 is __proto__, which is refused', 6],
    ['[1,2', 'Unexpected end at byte 4; the document is not complete', 4],
    ['1,"a":2', "Unexpected token ',' at byte 1; nothing may follow the document", 1],
  ]
  for (const [payload, message, offset] of cases) {
    const { status, body } = await send(app, {}, payload)
    t.same([status, body], [400, malformed(`The body is not valid JSON: ${message}.`, { offset })], payload)
  }
  const bad = await send(app, {}, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))
  t.equal(
    bad.body.detail,
    'The body is not valid JSON: Unexpected byte 0xFF at byte 2; a character of a string was expected.',
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
    const outcome = ['LimitExceeded', `The body exceeds ${limit}, ${allowed}.`, undefined]
    t.same(outcomeOf([Buffer.from(document)], small), outcome, limit)
  }
})

test('exactly what JSON.parse accepts is accepted, in option and tensor positions alike', async (t) => {
  const random = seeded(3)
  const tokens = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '1',
    '0',
    '-',
    '.',
    'e',
    ' ',
    'null',
    'true',
    '\n',
    '\0',
    'é',
  ]
  let accepted = 0
  const differing: string[] = []
  for (let round = 0; round < 3000; round++) {
    const bytes = Array.from(Buffer.from(text))
    for (let changes = 1 + random(2); changes > 0; changes--) {
      const at = random(bytes.length)
      const kind = random(5)
      if (kind === 0) bytes.splice(at, 1)
      else if (kind === 1) bytes.splice(at, 1, ...Buffer.from(tokens[random(tokens.length)]))
      else if (kind === 2) bytes.splice(at, 0, ...Buffer.from(tokens[random(tokens.length)]))
      else if (kind === 3) bytes.splice(at, 1 + random(10))
      else bytes[at] = random(256)
    }
    const mutated = Buffer.from(bytes)
    const response = await app.inject({
      method: 'POST',
      url: '/v1/loss',
      headers: { 'content-type': 'application/json' },
      payload: mutated,
    })
    const isKnown = isJson(mutated)
    if (isKnown) accepted++
    const isExpected = isKnown ? [200, 422].includes(response.statusCode) : response.statusCode === 400
    if (!isExpected && !response.body.includes('was given before')) differing.push(mutated.toString('latin1'))
  }
  t.same(differing, [])
  t.ok(accepted > 300 && accepted < 2700, `${accepted} of 3000 were JSON`)
})

test('arbitrary JSON is no syntax error, and what is cut off is one', async () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.nat(), (document, at) => {
      const bytes = Buffer.from(document)
      const [name, message] = [outcomeOf([bytes])].flat()
      if (name === 'Problem') return /was given before|__proto__/.test(String(message))
      const part = bytes.subarray(0, at % bytes.length)
      return isJson(part) || [outcomeOf([part])].flat()[0] === 'Problem'
    }),
    { seed: 4, numRuns: 2000 },
  )
})

test('however a document is cut, it comes to the same', async (t) => {
  const random = seeded(5)
  const documents = [
    text,
    `\n ${text}\r\n\t`,
    '  [1, {"a": "},["}, "\\"}"]  ',
    ' \n 1 } ',
    '  ',
    '{"labels": [[1, 2], [3]], "a": "é\\u00e9\\ud83d\\ude00"}',
    '{"labels": [null, "x", 1e400, -0, 12345678901234567890]}',
    '{"labels": [1, 2}',
    '{"a": tru}',
    '{"a": 1} x',
  ]
  for (const document of documents) {
    const bytes = Buffer.from(document)
    const whole = outcomeOf([bytes])
    for (let at = 1; at < bytes.length; at++) {
      t.same(outcomeOf([bytes.subarray(0, at), bytes.subarray(at)]), whole, `${document} at ${at}`)
    }
    for (let round = 0; round < 20; round++) t.same(outcomeOf(cut(bytes, random, 6)), whole, document)
    t.same(outcomeOf(cut(bytes, random, 1)), whole, document)
  }
})

test('a body that has come as a whole is what it is in pieces', async (t) => {
  const whole = (document: string) => resultOf(readWholeJson(Buffer.from(document), unaccounted, limits()))
  const inPieces = async (document: string) => {
    const { reader, work } = readerOf(Readable.from([Buffer.from(document)]))
    return readJson(reader, work, limits())
  }
  const many = JSON.stringify({ ...request, predictions: Array.from({ length: 5000 }, () => [0.25, 0.75]) })
  for (const document of ['{}', text, many]) {
    const [one, other] = [whole(document), await inPieces(document)]
    t.same([one.options, one.only], [other.options, other.only])
  }
  for (const document of ['{"a":', '[1]']) {
    const error = await inPieces(document).catch((error) => error)
    t.throws(() => whole(document), error)
  }
})

test('however a request is cut into TCP segments and chunks, the answer is the same', async (t) => {
  const { port } = await serve(t)
  const random = seeded(6)
  const wanted = (await send(app, {}, text)).body
  const client = new Client(t, port)
  const bytes = Buffer.from(text)
  for (let round = 0; round < 12; round++) {
    const chunks = cut(bytes, random, [1, 8, 100][round % 3])
    const isChunked = random(2) === 0
    await client.write(head(isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': bytes.length }))
    for (const piece of chunks) {
      await client.write(isChunked ? chunk(piece) : piece)
      if (random(10) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    }
    if (isChunked) await client.write(lastChunk)
    const { status, body } = await client.answer()
    const { requestId: _, ...answer } = body
    t.same([status, answer], [200, wanted])
  }
})

test('the order of the keys is of no account', async (t) => {
  const wanted = (await send(app, {}, text)).body
  const random = seeded(7)
  for (let round = 0; round < 20; round++) {
    const fields = Object.entries(request)
    const shuffled = Object.keys(request).map(() => fields.splice(random(fields.length), 1)[0])
    t.same((await send(app, {}, JSON.stringify(Object.fromEntries(shuffled)))).body, wanted)
  }
})

test('parameters of the Content-Type are of no account', async (t) => {
  const wanted = (await send(app, {}, text)).body
  const types = [
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON',
    'application/json ; x=y',
  ]
  for (const type of types) t.same((await send(app, { 'content-type': type }, text)).body, wanted, type)
})

test('numbers are those of JSON.parse to the last bit', async (t) => {
  const { predictions, labels } = rowsOf(300, 7, 8)
  const document = JSON.stringify({ ...options, predictions, labels })
  const { reader, work } = readerOf(Readable.from(cut(Buffer.from(document), seeded(9), 3000)))
  const { options: read, only, place } = await readJson(reader, work, limits())
  t.same([read, place], [options, {}])
  t.same(only, {
    predictions: { data: Float64Array.from(predictions.flat()), shape: [300, 7], nonNumeric: [], nonNumericCount: 0 },
    labels: { data: Float64Array.from(labels.flat()), shape: [300, 7], nonNumeric: [], nonNumericCount: 0 },
  })
})

test('the numbers of a long body are the same whatever length was declared, and all of them are counted', async (t) => {
  const random = seeded(10)
  const count = 2 ** 18 + 2 ** 17 + 3
  const numbers = Float64Array.from({ length: count }, () => {
    return ((random(2 ** 32) - 2 ** 31) * 2 ** 21 + random(2 ** 21)) * 2 ** (random(80) - 100)
  })
  const labels = numbers.map((value) => -value)
  const document = Buffer.from(
    `{"labels":[${labels.join()}],"predictions":[${numbers.join()}],"sampleWeights":[${numbers.subarray(0, 5).join()}]}`,
  )
  const lengths = [undefined, document.length, 10, 100_000, Math.floor(document.length / 2), 2 ** 26]
  for (const length of lengths) {
    const headers: Record<string, string> = length === undefined ? {} : { 'content-length': String(length) }
    const { reader, work, budget } = readerOf(Readable.from(cut(document, random, 70_000)), headers)
    const { only = {} } = await readJson(reader, work, limits())
    const read = only as Record<string, Tensor>
    t.same(Object.keys(read), ['labels', 'predictions', 'sampleWeights'])
    for (const [name, wanted] of Object.entries({ labels, predictions: numbers })) {
      const { data, shape } = read[name]
      t.same(shape, [count])
      t.ok(Buffer.from(data.buffer, data.byteOffset, data.byteLength).equals(Buffer.from(wanted.buffer)), name)
    }
    t.ok(budget.held >= 2 * 8 * count && budget.held < 1.1 * 2 * 8 * count, `${budget.held} bytes, declared ${length}`)
    for (const { data } of Object.values(read)) work.memory.free(data.buffer)
    t.equal(budget.held, 0)
  }
})

test('numbers that there is no room for are refused', async (t) => {
  const document = Buffer.from(`{"labels":[${'1,'.repeat(50_000)}1]}`)
  for (const length of ['0', String(document.length)]) {
    const small = { maxInFlightBytes: 200_000 }
    const { reader, work } = readerOf(Readable.from([document]), { 'content-length': length }, small)
    await t.rejects(readJson(reader, work, limits()), {
      message: 'This request alone needs more memory than maxInFlightBytes, 200000 bytes.',
    })
    reader.close(enough)
  }
})

test('a document that is given up gives back what it took', async (t) => {
  const { work, budget } = workOf()
  for (const text of [`{"predictions":[${'1,'.repeat(100_000)}`, `[${'1,'.repeat(100_000)}`, '  ']) {
    const scanner = new JsonScanner(['predictions'], limits(), work.memory)
    scanner.write(Buffer.from(text))
    if (text.length > 2) t.ok(budget.held > 0)
    scanner.discard()
    t.equal(budget.held, 0)
  }
})
