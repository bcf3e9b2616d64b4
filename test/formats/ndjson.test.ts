import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t, { test } from 'tap'
import type { ParsedLine } from '../../src/formats/ndjson.ts'
import { readLines, readNdjson } from '../../src/formats/ndjson.ts'
import type { Fields, GroupedBatch, ParsedBatch } from '../../src/formats/parsed-body.ts'
import type { Limits } from '../../src/http/limits.ts'
import type { Tensor } from '../../src/loss/tensor.ts'
import { eventually } from '../eventually.ts'
import { appOf } from '../support.ts'
import { leastOf, processorTime } from '../turns.ts'
import {
  Client,
  chunk,
  cut,
  enough,
  head,
  invalid,
  lastChunk,
  limits,
  linesOf,
  malformed,
  options,
  readerOf,
  rowsOf,
  seeded,
  send,
  serve,
  tooLarge,
} from './support.ts'

const app = await appOf(t)
const type = { 'content-type': 'application/x-ndjson' }
const first = JSON.stringify(options)
const line = '{"predictions":[1,2],"labels":[1,3]}'

/** What the lines of a body come to. */
async function linesIn(chunks: readonly Buffer[], limits_: Limits = limits(), most = 1000): Promise<unknown> {
  const { reader, work } = readerOf(Readable.from(chunks), {}, {}, true)
  const lines: [number | undefined, Fields][] = []
  try {
    const { options, location, batches } = await readNdjson(reader, work, { ...limits_, maxBodyBytes: most })
    lines.push([location.line, options])
    for await (const { fields, location } of batches()) lines.push([location.line, fields])
    return lines
  } catch (error) {
    return [lines, (error as Error).message]
  } finally {
    reader.close(enough)
  }
}

test('a stream has the same answer as one batch, however it is cut into lines and chunks', async (t) => {
  const rows = rowsOf(120, 6)
  const wanted = await send(app, {}, JSON.stringify({ ...options, ...rows }))
  t.equal(wanted.status, 200)
  const random = seeded(1)
  for (const perLine of [1, 7, 120]) {
    const text = linesOf(rows, perLine)
    for (const longest of [5, 300, 100_000]) {
      const { status, body } = await send(app, type, Readable.from(cut(Buffer.from(text), random, longest)))
      t.same([status, body], [200, wanted.body], `${perLine} rows a line, ${longest} bytes a chunk`)
    }
  }
  const [options_, ...lines] = linesOf(rows, 7).trimEnd().split('\n')
  const shuffled = lines.toReversed().map((line) => JSON.stringify(JSON.parse(line), undefined, 1).replaceAll('\n', ''))
  t.same((await send(app, type, [options_, ...shuffled].join('\n'))).body, wanted.body)
})

test('lines end as they like, and blank ones are passed over', async (t) => {
  const wanted = await send(app, type, `${first}\n${line}\n`)
  t.equal(wanted.status, 200)
  const bodies = [
    `${first}\n${line}`,
    `${first}\r\n${line}\r\n`,
    `\n \t\r\n${first}\n\n\r\n  \n${line}\n\n \n`,
    ` ${first} \n\t${line} `,
    `${first}\n${line}\n   `,
  ]
  for (const body of bodies) {
    for (const longest of [1, 1000]) {
      const answer = await send(app, type, Readable.from(cut(Buffer.from(body), seeded(2), longest)))
      t.same([answer.status, answer.body], [200, wanted.body], JSON.stringify(body))
    }
  }
})

test('an error in a line has its position, whatever the chunks', async (t) => {
  const body = Buffer.from('{"a":1}\n \t {"labels":[1,]}\n')
  for (let at = 0; at <= body.length; at++) {
    const chunks = [body.subarray(0, at), body.subarray(at)].filter(({ length }) => length > 0)
    const message =
      "The line is not valid JSON: Unexpected token ']' in column 17 (byte 16 of the line); a value was expected. JSON does not allow a comma after the last element."
    t.same(await linesIn(chunks), [[[1, { a: 1 }]], message], `${at}`)
  }
})

test('a body without a line is refused', async (t) => {
  for (const body of ['', '\n', ' \r\n\n\t']) {
    const { status, body: problem } = await send(app, type, Readable.from(body === '' ? [] : [Buffer.from(body)]))
    t.same([status, problem], [400, malformed('The body is empty; its first line holds the options.')])
  }
})

const wrong: readonly [string, string, number, string, object][] = [
  [
    'no JSON',
    `${first}\n${line}\n{"predictions":[1,}\n`,
    3,
    "The line is not valid JSON: Unexpected token '}' in column 19 (byte 18 of the line); a value was expected.",
    { offset: 18 },
  ],
  [
    'no JSON in the options',
    '{"loss":\n',
    1,
    'The line is not valid JSON: Unexpected end in column 9 (byte 8 of the line); a value was expected.',
    { offset: 8 },
  ],
  [
    'two objects in a line',
    `${first}\n\n{} {}`,
    3,
    "The line is not valid JSON: Unexpected token '{' in column 4 (byte 3 of the line); nothing may follow the document.",
    { offset: 3 },
  ],
  [
    'an object in two lines',
    `${first}\n{"predictions":\n[1]}`,
    2,
    'The line is not valid JSON: Unexpected end in column 16 (byte 15 of the line); a value was expected.',
    { offset: 15 },
  ],
]

for (const [what, payload, number, detail, more] of wrong) {
  test(`${what} is refused with the number of the line`, async (t) => {
    const { status, body } = await send(app, type, payload)
    t.same([status, body], [400, malformed(`Line ${number}: ${detail}`, { ...more, line: number })])
  })
}

const refused: readonly [string, string, number, string, string, unknown][] = [
  ['no object', `${first}\n[1]`, 2, '#', 'the body is an array of 1; it must be one JSON object', 'an array of 1'],
  [
    'no labels',
    `${first}\n${line}\n{"predictions":[1]}`,
    3,
    '#/labels',
    'labels is missing; it must be an array of numbers',
    'nothing',
  ],
  [
    'an unknown field',
    `${first}\n{"predictions":[1],"labels":[1],"loss":"mse"}`,
    2,
    '#/loss',
    '"loss" is not a recognised field; the fields are predictions, labels, sampleWeights, groups',
    'mse',
  ],
  [
    'a class weight in a line',
    `${first}\n{"predictions":[1],"labels":[1],"classWeights":[1]}`,
    2,
    '#/classWeights',
    '"classWeights" is not a recognised field; the fields are predictions, labels, sampleWeights, groups',
    'an array of 1',
  ],
  [
    'a broken row',
    `${first}\n${line}\n\n{"predictions":[[1],[2,3]],"labels":[[1],[2]]}`,
    4,
    '#/predictions/1',
    'predictions[1] has 2 numbers; the previous row has 1',
    'an array of 2 numbers',
  ],
  [
    'an element that is no number',
    `${first}\n{"predictions":[1,null],"labels":[1,2]}`,
    2,
    '#/predictions/1',
    'predictions[1] is null, which many programs write for NaN; it must be a number.',
    null,
  ],
  [
    'outputs that change',
    `${first}\n{"predictions":[[1,2]],"labels":[[1,2]]}\n{"predictions":[[1,2,3]],"labels":[[1,2,3]]}`,
    3,
    '#/predictions',
    'predictions has 3 numbers per row; the previous batches have 2',
    3,
  ],
]

for (const [what, payload, number, pointer, detail, received] of refused) {
  test(`${what} is refused with line and pointer`, async (t) => {
    const { status, body } = await send(app, type, payload)
    const problem = invalid(pointer, detail, received, { line: number })
    t.same([status, body], [422, { ...problem, detail: `Line ${number}: ${detail}` }])
  })
}

test('a line has the limits of a body', async (t) => {
  const small = await appOf(t, { MAX_BODY_BYTES: '2000' })
  const short = Array.from({ length: 200 }, () => `${line}\n`).join('')
  t.equal((await send(small, type, `${first}\n${short}`)).status, 200)
  for (const long of [`{"predictions":[${'1,'.repeat(1000)}1],"labels":[1]}`, ' '.repeat(2001)]) {
    const { status, body } = await send(small, type, `${first}\n${line}\n${long}`)
    const detail = 'Line 3: The line is longer than maxBodyBytes, 2000 bytes.'
    t.same([status, body], [413, tooLarge(detail, 'maxBodyBytes', 2000, { line: 3 })])
  }
  t.equal(small.resources.budget.held, 0)
  const rows = await linesIn([Buffer.from('{}\n{"labels":[1,2]}')], limits({ maxRows: 1 }))
  t.same(rows, [[[1, {}]], 'The body exceeds maxRows, 1.'])
})

test('an error ends the reading, although the client goes on', async (t) => {
  const { app, port } = await serve(t)
  const client = new Client(t, port)
  await client.write(head({ ...type, 'transfer-encoding': 'chunked' }))
  await client.write(chunk(`${first}\n${line}\n{"predictions":[1],"labels":[null]}\n`))
  const { status, body } = await client.answer()
  t.same([status, body.line], [422, 3])
  t.ok(await eventually(() => app.resources.budget.held === 0))
  for (let round = 0; round < 30; round++) await client.write(chunk(Buffer.alloc(100_000, 'x')))
  t.equal(app.resources.budget.held, 0)
  await client.write(lastChunk)
  await client.write(`${head({ ...type, 'content-length': first.length + line.length + 1 })}${first}\n${line}`)
  t.same((await client.answer()).status, 200)
})

/** Chunks as from a connection that has one at a time. */
async function* oneByOne(chunks: Iterable<Buffer>): AsyncGenerator<Buffer, void> {
  for (const chunk of chunks) {
    yield chunk
    await setImmediate()
  }
}

test('lines in chunks of their own, and blank lines, are taken for as long as they come', async (t) => {
  const short = Buffer.from('{"labels":[1]}\n')
  const blank = Buffer.from('\r\n \n')
  for (const chunks of [
    [Buffer.from('{}\n'), ...Array.from({ length: 5000 }, () => short)],
    [Buffer.from('{}\n'), ...Array.from({ length: 5000 }, () => blank), short],
  ]) {
    const few = { maxChunks: 100, maxInFlightBytes: 2000 }
    const { reader, work, budget } = readerOf(Readable.from(oneByOne(chunks)), {}, few, true)
    const { batches } = await readNdjson(reader, work, limits({ maxBodyBytes: 1000 }))
    let lines = 0
    let most = 0
    for await (const { fields } of batches()) {
      if (fields.labels !== undefined) lines++
      most = Math.max(most, budget.held)
    }
    t.equal(lines, chunks[1] === short ? 5000 : 1)
    t.ok(most < 2000, `${most} bytes at most`)
    t.equal(budget.held, 0)
  }
})

test('blank lines are not kept, however many come in one piece', async (t) => {
  const blanks = Array.from({ length: 200 }, () => Buffer.from(' \n'.repeat(8192)))
  const chunks = [Buffer.from('{}\n'), ...blanks, Buffer.from('{"labels":[1]}')]
  const few = { maxInFlightBytes: 2 ** 19 }
  const { reader, work, budget } = readerOf(Readable.from(chunks), {}, few, true)
  const { batches } = await readNdjson(reader, work, limits({ maxBodyBytes: 1000 }))
  const places: (number | undefined)[] = []
  for await (const { location } of batches()) places.push(location.line)
  t.same(places, [200 * 8192 + 2])
  t.equal(budget.held, 0)
})

test('what a line takes is counted until its numbers are freed, and no two lines are held', async (t) => {
  const count = 20_000
  const line = Buffer.from(`{"labels":[${'1,'.repeat(count - 1)}1]}\n`)
  const chunks = [Buffer.from('{}\n'), ...Array.from({ length: 30 }, () => line)]
  const few = { maxInFlightBytes: 2 ** 20 }
  const { reader, work, budget } = readerOf(Readable.from(oneByOne(chunks)), {}, few, true)
  const { batches } = await readNdjson(reader, work, limits({ maxBodyBytes: 2 ** 20 }))
  let lines = 0
  for await (const { fields } of batches()) {
    const { data } = fields.labels as Tensor
    t.equal(data.length, count)
    t.ok(budget.held >= data.byteLength)
    work.memory.free(data.buffer)
    lines++
  }
  t.equal(lines, 30)
  t.equal(budget.held, 0)
})

test('a body without batches is refused as JSON without numbers is', async (t) => {
  const errors = ['predictions', 'labels'].map((name) => ({
    pointer: `#/${name}`,
    detail: `${name} is missing; it must be an array of numbers`,
    received: 'nothing',
  }))
  const whole = await send(app, {}, first)
  t.same([whole.status, whole.body.errors], [422, errors])
  for (const payload of [first, `${first}\n`, `\n${first}\n\n \n`]) {
    const { status, body } = await send(app, type, payload)
    t.same([status, body.errors, body.errorCount], [422, errors, 2])
  }
})

test('where each line stands alone, what is wrong with one is no matter to the others', async (t) => {
  const text = [
    '{"batch":"a","labels":[1]}',
    '{"batch":"b","labels":[1,}  , {"more": "of it"}',
    '  ',
    '["no object"]',
    `{"batch":"${'x'.repeat(300)}"}`,
    '{"batch":"c","labels":[2]',
    '{"batch":"d","labels":[3]}',
  ].join('\n')
  for (const longest of [1, 7, 1000]) {
    const { reader, work, budget } = readerOf(
      Readable.from(cut(Buffer.from(text), seeded(longest), longest)),
      {},
      {},
      true,
    )
    const lines: ParsedLine[] = []
    for await (const line of readLines(reader, work, limits({ maxBodyBytes: 200 }))) lines.push(line)
    t.same(
      lines.map((line) => [line.line, 'error' in line ? line.error.message : line.fields.batch]),
      [
        [1, 'a'],
        [
          2,
          "The line is not valid JSON: Unexpected token '}' in column 26 (byte 25 of the line); a value was expected. JSON does not allow a comma after the last element.",
        ],
        [4, 'the body is an array of 1; it must be one JSON object'],
        [5, 'The line is longer than maxBodyBytes, 200 bytes.'],
        [
          6,
          "The line is not valid JSON: Unexpected end in column 26 (byte 25 of the line); ',' or '}' was expected. It ends too early: perhaps it was cut off in transit.",
        ],
        [7, 'd'],
      ],
    )
    reader.close(enough)
    t.equal(budget.held, 0)
  }
})

test('what is no matter of a line ends them all', async (t) => {
  const { reader, work } = readerOf(Readable.from([Buffer.from('{"labels":[1]}\n{"la')]), {}, {}, true)
  const over = new Error('over')
  const read = async () => {
    for await (const _ of readLines(reader, work, limits())) work.task.abandon(over)
  }
  await t.rejects(read(), over)
  reader.close(enough)
})

test('the rest of a wrong line is passed over, however long it goes on', async (t) => {
  const pieces = ['{"labels":[1,,', ...Array.from({ length: 50 }, () => '2,'.repeat(3000)), '3]}\n{"labels":[4]}\n']
  const chunks = pieces.map((text) => Buffer.from(text))
  const { reader, work, budget } = readerOf(Readable.from(oneByOne(chunks)), {}, {}, true)
  const lines: unknown[] = []
  for await (const line of readLines(reader, work, limits())) {
    lines.push('error' in line ? [line.line, line.error.message] : line.line)
    if ('fields' in line) work.memory.free((line.fields.labels as Tensor).data.buffer)
  }
  t.same(lines, [
    [1, "The line is not valid JSON: Unexpected token ',' in column 14 (byte 13 of the line); a value was expected."],
    2,
  ])
  t.equal(budget.held, 0)
})

test('a line for which there is no room now is no wrong line', async (t) => {
  const line = Buffer.from(`{"labels":[${'1,'.repeat(60_000)}1]}\n`)
  const { reader, work, budget } = readerOf(Readable.from([line]), {}, { maxInFlightBytes: 2 ** 20 }, true)
  const other = { owner: 'other', isStalled: false, giveWay() {} }
  budget.open(other).reserve(2 ** 20 - 200_000)
  const read = async () => {
    for await (const _ of readLines(reader, work, limits())) t.fail('the line is neither right nor wrong')
  }
  await t.rejects(read(), /Too many bytes of requests/)
  reader.close(enough)
})

const small = Array.from({ length: 40 }, (_, at) => ({ predictions: [[at / 64, 1 - at / 64]], labels: [at % 2] }))
const smallLines = small.map((line) => JSON.stringify(line))

/** What comes of a body as batches; of lines that were read together how many rows there are. */
async function batchesIn(text: string, other: Partial<Limits> = {}, isTaken = true) {
  const { reader, work } = readerOf(Readable.from([Buffer.from(text)]), {}, {}, true)
  const { batches } = await readNdjson(reader, work, limits(other))
  const seen: [line: number | undefined, rows: number | undefined][] = []
  const rowsIn = ({ fields }: ParsedBatch) => (fields.labels as Tensor).data.length
  const tryAll = async (group: GroupedBatch) => {
    seen.push([undefined, -rowsIn(group)])
    return isTaken
  }
  for await (const batch of batches(tryAll)) seen.push([batch.location.line, rowsIn(batch)])
  return seen
}

test('small lines that are alike come together, and where there are few of them alone', async (t) => {
  const all = [first, ...smallLines].join('\n')
  t.same(await batchesIn(`${all}\n`), [[undefined, -40]])
  t.same(
    await batchesIn(all),
    [
      [undefined, -39],
      [41, 1],
    ],
    'the last line has no end',
  )
  const odd = '{"labels":[1]}'
  const between = [first, ...smallLines.slice(0, 20), odd, ...smallLines.slice(20), '']
  t.same(await batchesIn(between.join('\n')), [
    [undefined, -20],
    ...Array.from({ length: 5 }, (_, at) => [22 + at, 1]),
    [undefined, -16],
  ])
  const few = [first, smallLines[0], odd, odd, odd, odd, smallLines[1], ''].join('\n')
  t.same(
    (await batchesIn(few)).map(([, rows]) => rows),
    [-1, 1, 1, 1, 1, -1],
  )
})

test('lines that could not be added together come one by one, and all that follow', async (t) => {
  const odd = '{"labels":[1]}'
  const text = [first, ...smallLines.slice(0, 10), odd, ...smallLines.slice(10), ''].join('\n')
  const batches = await batchesIn(text, {}, false)
  t.same(batches, [[undefined, -10], ...Array.from({ length: 41 }, (_, at) => [at + 2, 1])])
})

test('under a limit that a line of a slice can exceed no lines are read together', async (t) => {
  const text = [first, ...smallLines, ''].join('\n')
  for (const other of [{ maxBodyBytes: 60_000 }, { maxRows: 1000 }, { maxElements: 1000 }, { maxColumns: 1000 }]) {
    t.equal((await batchesIn(text, other)).length, 40)
  }
})

test('blank lines cost some nanoseconds each, and are counted', async (t) => {
  for (const blank of ['\n', ' \r\n']) {
    const inPiece = Math.floor(2 ** 16 / blank.length)
    const pieces = 32
    const piece = Buffer.from(blank.repeat(inPiece))
    const milliseconds = await leastOf(async () => {
      const { reader, work } = readerOf(
        Readable.from([...new Array(pieces).fill(piece), Buffer.from('{')]),
        {},
        {},
        true,
      )
      const lines: ParsedLine[] = []
      const took = await processorTime(async () => {
        for await (const line of readLines(reader, work, limits())) lines.push(line)
      })
      reader.close(enough)
      t.equal(lines[0].line, pieces * inPiece + 1)
      return took
    }, 0)
    const each = (milliseconds * 1e6) / (pieces * inPiece)
    const said = `${JSON.stringify(blank)}: ${each} ns`
    // they took 157 to 182; code that counts its coverage is as slow whatever it does
    if (process.env._TAPJS_PROCESSINFO_COVERAGE_ === '1') t.comment(`not compared under coverage: ${said}`)
    else t.ok(each < 60, said)
  }
})
