import { PassThrough, Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BusboyInstance } from '@fastify/busboy'
import fc from 'fast-check'
import t, { test } from 'tap'
import { MalformedBody } from '../../src/formats/errors.ts'
import { FormParts } from '../../src/formats/form-parts.ts'
import { readMultipart } from '../../src/formats/multipart.ts'
import { JsonTensor } from '../../src/formats/multipart-json.ts'
import type { Limits } from '../../src/http/limits.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { finish, Ledger } from '../loss/support.ts'
import { matrix } from '../matrix.ts'
import { appOf } from '../support.ts'
import type { FormBody, FormPart } from './form.ts'
import { boundary, formOf, npyOf, rawForm } from './form.ts'
import { cut, enough, invalid, limits, malformed, readerOf, rowsOf, seeded, send, tooLarge } from './support.ts'

const app = await appOf(t)

const json = 'application/json'
const csv = 'text/csv'
const file = 'application/octet-stream'

const notNpy =
  "predictions is not a .npy file; for JSON or CSV, give the part a Content-Type: with curl, -F 'predictions=@FILE;type=text/csv'; in Python's requests, files={'predictions': ('FILE', data, 'text/csv')}"

const values = { loss: 'mse', labelFormat: 'values' } as const
const valueParts: FormPart[] = [
  ['loss', 'mse'],
  ['labelFormat', 'values'],
]
const one: FormPart[] = [...valueParts, ['predictions', '[1]'], ['labels', '[2]']]

function csvOf(rows: readonly (readonly number[])[]): string {
  return rows.map((row) => `${row.join(',')}\r\n`).join('')
}

/** Reads a form in chunks; what it comes to, or the error. */
async function outcomeOf(
  { headers, payload }: FormBody,
  longest: number,
  other: Partial<Limits> = {},
): Promise<unknown> {
  const { reader, work, budget } = readerOf(Readable.from(cut(payload, seeded(longest), longest)), headers, other)
  const reading = readMultipart(reader, headers['content-type'], work, limits(other))
  const outcome = await reading.catch((error: unknown) => error)
  reader.close(enough)
  work.close()
  return budget.held === 0 ? outcome : `${budget.held} bytes are left`
}

test('a form that comes at once is read 8 KiB at a time', async (t) => {
  const { headers, payload } = formOf([...valueParts, ['labels', '0'], ['predictions', '1\n'.repeat(2 ** 17), csv]])
  const { reader, work } = readerOf(Readable.from([payload]))
  let asked = 0
  t.intercept(work.task, 'isDue', { get: () => asked++ < 0 })
  await readMultipart(reader, headers['content-type'], work, limits())
  reader.close(enough)
  t.ok(asked > 2 ** 18 / 2 ** 13, `${asked} times`)
})

test('.npy, JSON and CSV have the same answer as a JSON body, however they are cut', async (t) => {
  const rows = rowsOf(10, 3)
  const { status, body } = await send(app, {}, JSON.stringify({ ...values, ...rows }))
  t.equal(status, 200)
  const formats: ((name: 'predictions' | 'labels') => FormPart)[] = [
    (name) => [name, npyOf([10, 3], rows[name].flat()), file],
    (name) => [name, npyOf([10, 3], rows[name].flat()), 'application/x-npy'],
    (name) => [name, JSON.stringify(rows[name])],
    (name) => [name, JSON.stringify(rows[name]), json],
    (name) => [name, csvOf(rows[name]), csv],
    (name) => [name, csvOf(rows[name]), 'text/csv; charset=utf-8'],
  ]
  const random = seeded(9)
  for (const predictions of formats) {
    for (const labels of formats) {
      const parts = [labels('labels'), ...valueParts, predictions('predictions')]
      const { headers, payload } = formOf(parts)
      for (const longest of [payload.length, 5, 300]) {
        const answer = await send(app, headers, Readable.from(cut(payload, random, longest)))
        t.same([answer.status, answer.body], [200, body])
      }
    }
  }
})

test('options come one by one, or all in one part', async (t) => {
  const batch = {
    predictions: matrix('0.5 0.25 0.25; 0.1 0.8 0.1; 0.2 0.2 0.6'),
    labels: [2, -100, 0],
    sampleWeights: [1, 2, 3],
  }
  const options = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    ignoreIndex: -100,
    epsilon: 1e-9,
    logPolicy: 'clip',
    include: ['confusion', 'perClass'],
    miniBatch: { size: 3, seed: 7, replacement: true },
    classWeights: [1, 2, 0.5],
  }
  const { status, body } = await send(app, {}, JSON.stringify({ ...options, ...batch }))
  t.equal(status, 200)
  const text = (fields: object): FormPart[] =>
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
  const asJson = (fields: object): FormPart[] =>
    Object.entries(fields).map(([name, value]) => [name, JSON.stringify(value), json])
  const { classWeights: _, ...others } = options
  const forms: FormPart[][] = [
    [...text(options), ...text(batch)],
    [...asJson(batch), ...asJson(options)],
    [...text(batch), ['options', JSON.stringify(options)]],
    [...text({ ...options, include: 'confusion' }), ['include', 'perClass'], ...text(batch)],
    [['options', JSON.stringify(others), json], ['classWeights', npyOf([3], [1, 2, 0.5]), file], ...text(batch)],
    [...text(others), ['classWeights', '1\n2\n.5', csv], ...text(batch)],
  ]
  for (const parts of forms) {
    const { headers, payload } = formOf(parts)
    for (const longest of [payload.length, 1]) {
      const answer = await send(app, headers, Readable.from(cut(payload, seeded(1), longest)))
      t.same([answer.status, answer.body], [200, body])
    }
  }
})

test('a header of CSV is declared before it', async (t) => {
  const labels: FormPart = ['labels', 'class\n1\n0\n', csv]
  const parts: FormPart[] = [
    ['loss', 'cross-entropy'],
    ['labelFormat', 'index'],
  ]
  const predictions: FormPart = ['predictions', 'a,b\n0.25,0.75\n0.5,0.5\n', csv]
  const whole = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: matrix('0.25 0.75; 0.5 0.5'),
    labels: [1, 0],
  }
  const wanted = await send(app, {}, JSON.stringify(whole))
  const good = formOf([...parts, ['csvHeader', 'true'], predictions, labels])
  for (const longest of [good.payload.length, 3]) {
    const { status, body } = await send(app, good.headers, Readable.from(cut(good.payload, seeded(2), longest)))
    t.same([status, body], [200, wanted.body])
  }
  const hint = 'If the first row contains column names, send csvHeader=predictions before this part.'
  const said = `row 1, column 1 of predictions is not a number; it must be a number. ${hint}`
  const aHeader = invalid('#/predictions', said, 'a')
  const refusals: [FormPart[], object][] = [
    [[...parts, predictions, labels], aHeader],
    [[...parts, ['csvHeader', 'false'], predictions], aHeader],
    [
      [...parts, ['predictions', '1\n', csv], ['csvHeader', 'true']],
      invalid('#/csvHeader', 'csvHeader must come before the parts of text/csv', 'true'),
    ],
    [
      [['csvHeader', '1']],
      invalid(
        '#/csvHeader',
        'csvHeader must be true, false, or the names of the parts with a header, such as predictions,labels; received "1"',
        '1',
      ),
    ],
  ]
  for (const [given, problem] of refusals) {
    const { headers, payload } = formOf(given)
    const { status, body } = await send(app, headers, payload)
    const { requestId: _, ...rest } = body
    t.same([status, rest], [422, problem])
  }
})

test('what is wrong names its part', async (t) => {
  const cases: [FormPart[], string, string, unknown][] = [
    [[...one, ['labels', '[2]']], '#/labels', 'there are two parts named "labels"', 'a second part'],
    [[...one, ['loss', 'mse']], '#/loss', 'there are two parts named "loss"', 'a second part'],
    [[...one, ['options', '{"loss":"mse"}']], '#/loss', '"loss" is given twice', 'mse'],
    [
      [['options', '{"loss":"mse","labels":[1]}']],
      '#/options/labels',
      'labels is data and must be sent as a separate part',
      'an array of 1',
    ],
    [
      [['options', '[]']],
      '#/options',
      "options is not valid JSON: Unexpected token '[' in line 1, column 1 (byte 0); '{' was expected.",
      'other text',
    ],
    [
      [...valueParts, ['predictions', '[1', json]],
      '#/predictions',
      'predictions is not valid JSON: Unexpected end in line 1, column 3 (byte 2); the document is not complete. It ends too early: perhaps it was cut off in transit.',
      'other text',
    ],
    [[...valueParts, ['predictions', '[1]', file]], '#/predictions', notNpy, 'other bytes'],
    [
      [...valueParts, ['predictions', npyOf([3], [1, 2]), file]],
      '#/predictions',
      'predictions must have the 24 bytes that its .npy header declares; received 16',
      '16 bytes',
    ],
    [[...one, ['__proto__', 'x']], '#/__proto__', '__proto__ is not a recognised field', 'x'],
    [[...one, ['epsilon', 'x']], '#/epsilon', 'epsilon must be a number > 0; received "x"', 'x'],
    [[...one, ['delta', npyOf([1], [1]), file]], '#/delta', 'delta must be a number > 0; received "a file"', 'a file'],
    [
      [...one.slice(0, 3), ['labels', npyOf([2], [1, 2]), file]],
      '#/labels',
      'labels has 2 numbers; labelFormat "values" needs 1, one for each number of predictions',
      'an array of 2 numbers',
    ],
  ]
  for (const [parts, pointer, detail, received] of cases) {
    const { headers, payload } = formOf(parts)
    for (const longest of [payload.length, 2]) {
      const { status, body } = await send(app, headers, Readable.from(cut(payload, seeded(3), longest)))
      const { requestId: _, ...rest } = body
      if (pointer === '#/labels' && detail.startsWith('labels has'))
        t.match([status, rest], [422, { errors: [{ pointer }] }])
      else t.same([status, rest], [422, invalid(pointer, detail, received)], detail)
    }
  }
})

test('an unknown part is told the fields, as an unknown field is', async (t) => {
  const parts: FormPart[] = [
    ['prediction', npyOf([1], [1]), file],
    ['Epsilon', '1'],
  ]
  const { headers, payload } = formOf([...one, ...parts])
  const { status, body } = await send(app, headers, payload)
  const given = { ...values, predictions: [1], labels: [2], prediction: 'a file', Epsilon: '1' }
  const wanted = await send(app, {}, JSON.stringify(given))
  t.equal(status, 422)
  t.same(body, wanted.body)
  t.match(body, { errorCount: 2 })
})

test('a form that is none is refused', async (t) => {
  const cut = 'The body is not valid multipart/form-data: Unexpected end of multipart data.'
  const { headers, payload } = formOf(one)
  const nameless = `--${boundary}\r\nContent-Disposition: form-data\r\n\r\n1\r\n--${boundary}--`
  const cases: [string, Buffer | string, string][] = [
    [headers['content-type'], payload.subarray(0, -6), cut],
    [headers['content-type'], 'nothing of the kind', cut],
    [headers['content-type'], payload.subarray(0, 100), cut],
    [headers['content-type'], nameless, 'The body is not valid multipart/form-data: a part has no name.'],
    ['multipart/form-data', payload, 'The body is not valid multipart/form-data: Multipart: Boundary not found.'],
    [
      `multipart/form-data; boundary=${'x'.repeat(300)}`,
      payload,
      'The body is not valid multipart/form-data: The needle cannot have a length bigger than 256.',
    ],
  ]
  for (const [type, bytes, detail] of cases) {
    const { status, body } = await send(app, { 'content-type': type }, Buffer.from(bytes))
    t.equal(status, 400, detail)
    t.match(body, { type: '/problems/malformed-body', detail })
  }
  t.same((await send(app, { 'content-type': cases[0][0] }, nameless)).body, malformed(cases[3][2]))
})

test('parts that could not be counted are noticed before there are any', (t) => {
  for (const busboy of [{}, { _parser: null }, { _parser: { parser: {} } }])
    t.throws(() => new FormParts(busboy as BusboyInstance), { message: /its parts cannot be counted/ })
  t.end()
})

test('a part whose headers cannot be used is refused, and none is passed over in silence', async (t) => {
  const disposition = 'Content-Disposition: form-data; name="sampleWeights"'
  const needs =
    'its headers cannot be read. Each part needs the header Content-Disposition: form-data; name="..." and an empty line after its headers.'
  const tooLong = 'its headers have more than 8192 bytes; shorten them.'
  const many = 'a:\r\n'.repeat(5000)
  for (const [part, why] of [
    ['Content-Disposition: attachment; name="sampleWeights"\r\n\r\n[1]', needs],
    ['Content-Type: application/json\r\n\r\n[1]', needs],
    ['\r\n[1]', needs],
    [`${disposition}\r\n`, needs],
    [`Content-Disposition: form-data; name="a\nb"\r\n\r\n[1]`, needs],
    [`X-Long: ${'x'.repeat(100_000)}\r\n${disposition}\r\n\r\n[1]`, tooLong],
    [`${disposition}\r\nX-Long: ${'x'.repeat(10_000)}\r\nContent-Type: text/csv\r\n\r\n1`, tooLong],
    [`${disposition}\r\n${many}\r\n[1]`, tooLong],
  ]) {
    for (const isFirst of [true, false]) {
      const { headers, payload } = formOf(one)
      const end = payload.lastIndexOf(`--${boundary}--`)
      const own = Buffer.from(`--${boundary}\r\n${part}\r\n`)
      const parts = isFirst ? [own, payload] : [payload.subarray(0, end), own, payload.subarray(end)]
      const form = Buffer.concat(parts)
      for (const longest of [form.length, 300]) {
        const { status, body } = await send(app, headers, Readable.from(cut(form, seeded(3), longest)))
        const at = isFirst ? 1 : one.length + 1
        t.same(
          [status, body],
          [400, malformed(`The body is not valid multipart/form-data: part ${at} cannot be used: ${why}`)],
        )
      }
    }
  }
})

test('without parts, everything is missing; what stands around them is passed over', async (t) => {
  const { headers, payload } = formOf(one)
  const around = Buffer.concat([Buffer.from('a preamble\r\n'), payload, Buffer.from('an epilogue')])
  const wanted = await send(app, headers, payload)
  t.equal(wanted.status, 200)
  for (const longest of [around.length, 1, 50]) {
    const { status, body } = await send(app, headers, Readable.from(cut(around, seeded(4), longest)))
    t.same([status, body], [200, wanted.body])
  }
  const none = await send(app, headers, rawForm(`--${boundary}--\r\n`).payload)
  t.equal(none.status, 422)
  t.match(none.body, { errors: [{ pointer: '#/loss' }] })
})

test('a part without bytes is one that was not sent', async (t) => {
  const wanted = await send(app, {}, JSON.stringify({ ...values, predictions: [1], labels: [2] }))
  const empty: FormPart[] = [
    ['sampleWeights', '', file],
    ['csvHeader', ''],
    ['epsilon', ''],
    ['loss', ''],
    ['unknown', ''],
    ['options', ''],
    ['classWeights', ''],
  ]
  for (const parts of [
    [...empty, ...one],
    [...one, ...empty],
  ]) {
    const { headers, payload } = formOf(parts)
    for (const longest of [payload.length, 3]) {
      const { status, body } = await send(app, headers, Readable.from(cut(payload, seeded(6), longest)))
      t.same([status, body], [200, wanted.body])
    }
  }
})

test('bytes that begin as the boundary does are bytes of their part', async (t) => {
  for (const text of ['\r\n', `\r\n--${boundary.slice(0, -1)}`, '--', '\n', `\r\r\n--${boundary.slice(0, 9)}`]) {
    const { headers, payload } = formOf([...valueParts, [`unknown`, text]])
    for (const longest of [payload.length, 1, 2, 60]) {
      const { body } = await send(app, headers, Readable.from(cut(payload, seeded(5), longest)))
      const { errors } = body as { errors: { pointer: string; received: unknown }[] }
      t.same(errors.find(({ pointer }) => pointer === '#/unknown')?.received, text, JSON.stringify([text, longest]))
    }
  }
})

test('limits hold for parts, texts and tensors', async (t) => {
  const many = Array.from({ length: 257 }, (_, at): FormPart => [`part${at}`, '1'])
  const long = 'x'.repeat(150_000)
  const cases: [FormPart[], object][] = [
    [many, tooLarge('The body has more parts than maxKeys, 256.', 'maxKeys', 256)],
    [
      [
        ['a', long],
        ['b', long],
      ],
      tooLarge('The options are longer than maxOptionBytes, 262144 bytes.', 'maxOptionBytes', 262_144, {
        pointer: '#/b',
      }),
    ],
    [
      [['options', `{"a":"${long}","b":"${long}"}`]],
      tooLarge('options exceeds maxOptionBytes, 262144.', 'maxOptionBytes', 262_144, { pointer: '#/options' }),
    ],
    [
      [['labels', `[[${'1,'.repeat(2 ** 18)}1]]`]],
      tooLarge('labels exceeds maxColumns, 262144.', 'maxColumns', 262_144, { pointer: '#/labels' }),
    ],
  ]
  for (const [parts, problem] of cases) {
    const { headers, payload } = formOf(parts)
    const { status, body } = await send(app, headers, payload)
    const { requestId: _, ...rest } = body
    t.same([status, rest], [413, problem])
  }
})

test('a large file is held once, and its parts are worked off as they end', async (t) => {
  const count = 200_000
  const numbers = Array.from({ length: count }, (_, at) => at)
  const { headers, payload } = formOf([
    ['predictions', npyOf([count], numbers), file],
    ['labels', npyOf([count], numbers, '<f4'), file],
    ...valueParts,
  ])
  const source = new PassThrough()
  const { reader, work, budget } = readerOf(source, headers)
  const body = readMultipart(reader, headers['content-type'], work, limits())
  let most = 0
  for (const chunk of cut(payload, () => 65_535, 65_536)) {
    source.write(chunk)
    await sleep(1)
    most = Math.max(most, budget.held)
  }
  source.end()
  const { only } = await body
  t.ok(most <= 20 * count + 300_000, `${most} of ${payload.length}`)
  t.ok(budget.held <= 16 * count + 10_000, `${budget.held}`)
  const { predictions, labels } = only as Record<string, { data: Float64Array }>
  t.ok(predictions.data.every((value, at) => value === at))
  t.ok(labels.data.every((value, at) => value === at))
  work.close()
  t.equal(budget.held, 0)
})

test('where there is no room for the numbers of a part, that is what is wrong', async (t) => {
  const labels = (memory: Ledger) => {
    const part = new JsonTensor('labels', limits(), memory)
    part.write(Buffer.from(`[${'0.5,'.repeat(100_000)}1]`))
    return finish(part.end())
  }
  const memory = new Ledger()
  t.equal(labels(memory).data.length, 100_001)
  t.throws(() => labels(new Ledger(memory.asked - 1)), { message: 'no room' })
})

test('whatever becomes of a form, it is read or refused, and nothing is left or waits for ever', async (t) => {
  const seed = formOf([
    ['csvHeader', 'true'],
    ['predictions', npyOf([2, 2], [1, 2, 3, 4]), file],
    ['labels', 'a,b\n1,2\n3,4\n', csv],
    ['sampleWeights', '[1,2]', json],
    ['options', '{"loss":"mse"}'],
    ['labelFormat', 'values'],
  ])
  const mutation = fc.record({
    kind: fc.constantFrom('set', 'set', 'insert', 'remove', 'cut', 'repeat'),
    at: fc.nat(seed.payload.length),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('\r\n-";=:'))),
    length: fc.integer({ min: 1, max: 80 }),
  })
  let readable = 0
  const property = fc.asyncProperty(
    fc.array(mutation, { minLength: 1, maxLength: 3 }),
    fc.constantFrom(1, 7, 100, 5000),
    async (mutations, longest) => {
      const payload = mutations.reduce((bytes, { kind, at, byte, length }) => {
        const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
        if (kind === 'set') return Buffer.concat([before, Buffer.of(byte), after.subarray(1)])
        if (kind === 'insert') return Buffer.concat([before, Buffer.of(byte), after])
        if (kind === 'remove') return Buffer.concat([before, after.subarray(length)])
        return kind === 'cut' ? before : Buffer.concat([before, after.subarray(0, length), after])
      }, seed.payload)
      const late = new AbortController()
      const outcome = await Promise.race([
        outcomeOf({ headers: seed.headers, payload }, longest),
        sleep(10_000, 'waits', { signal: late.signal }).catch(() => undefined),
      ])
      late.abort()
      if (!(outcome instanceof Error)) readable++
      else if (![InvalidContent, LimitExceeded, MalformedBody].some((type) => outcome instanceof type)) throw outcome
      return typeof outcome !== 'string'
    },
  )
  await fc.assert(property, { numRuns: Number(process.env.FORM_MUTANTS ?? 1500), seed: 11 })
  t.ok(readable > 10, `${readable} could be read`)
})
