// Requests made from the document: right ones, almost right ones and hostile ones.
import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { JsonSchema } from 'json-schema-faker'
import { generateSync } from 'json-schema-faker'
import { lossNames } from '../../src/loss/kernels/index.ts'
import type { Request } from '../attacks/client.ts'
import type { FormPart } from '../formats/form.ts'
import { formOf, npyOf } from '../formats/form.ts'
import type { Fields } from './batches.ts'
import { asBinary, asInference, asLines, fitted } from './batches.ts'
import type { Media, Route } from './document.ts'
import { document, routes } from './document.ts'
import type { Choices } from './random.ts'
import { tableProbe } from './tables.ts'

/** A request, and how its bytes are sent. */
export interface Probe extends Request {
  readonly method: string
  readonly path: string
  readonly headers: Record<string, string | number>
  /** What it was meant to be. */
  readonly kind: string
  /** Bytes of the body that are sent before the client is silent; all, if it says nothing. */
  readonly sent?: number
}

const oddNumbers = [
  ...[0, -0, 1, -1, 0.5, 1e-7, 1e308, -1e308, 5e-324, 1e21, 1e-300, 255, 256, 65_536],
  ...[2 ** 25 + 1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 53)],
]
const oddTexts = [
  '',
  'a',
  '__proto__',
  'constructor',
  'toString',
  'one-hot',
  'NaN',
  'null',
  '\0',
  '\ud800',
  '\u{1F4A5}',
  'x'.repeat(5000),
  '\r\nX-Injected: 1',
  '"><script>alert(1)</script>',
  '../../etc/passwd',
  '%0d%0a',
  '~0~1/',
  '\u2028',
]
const oddValues = [null, true, false, {}, [], [[]], [[[]]], [null], { a: 1 }, ...oddNumbers, ...oddTexts]
/** Texts that no JSON.stringify writes. */
const oddBytes = [
  ...'{}[],:"\\0-e.\u00a0\ufeff\0\n\xff',
  ...['NaN', 'Infinity', '//x', '1e999', '-0', '0.1e-999', '9'.repeat(400), '"__proto__":1,', 'tru', '\\u12'],
]
const oddTypes = [
  'application/json; charset=utf-8',
  'application/json;charset=utf-16',
  'APPLICATION/JSON',
  'application/json,text/plain',
  'text/plain',
  'application/x-ndjson',
  'application/octet-stream',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  '',
  ';',
  '/',
  '*/*',
  'json',
  'application/json; a="b',
  '__proto__',
  'a'.repeat(3000),
]
const oddHeaders: Record<string, readonly string[]> = {
  'content-encoding': ['gzip', 'zstd', 'deflate', 'br', 'identity', 'gzip, gzip', 'x-gzip', 'GZIP', '', '__proto__'],
  'x-request-id': ['abc', 'a'.repeat(129), '<script>', 'a b', '', '..', '__proto__', 'a,b', '%0d%0aX: 1', '\xe9'],
  accept: ['*/*', 'text/html', 'application/xml', '', 'q', ',,,,', 'text/html;q=0', 'a/b;q=999', 'application/json'],
  'inference-header-content-length': ['1', 'x', '-5', '1e3', '0x10', '99999999999999999999', ''],
  expect: ['100-continue', '200-ok'],
  origin: ['http://a.example', 'null', '*'],
  host: ['', 'a b', 'example.org:99999', '[::1]'],
  'x-http-method-override': ['DELETE'],
  'accept-encoding': ['gzip'],
  range: ['bytes=0-0', 'bytes=-1', 'x'],
  'if-none-match': ['*', '"a"', 'x'],
  authorization: ['', 'Bearer', 'Bearer x', 'bearer  x', 'Basic YTpi', `Bearer ${'a'.repeat(8000)}`, 'Bearer e30.e30.'],
  'if-match': ['*', '"a"', 'W/"a", "b"', ',,', '"'.repeat(3000)],
  'content-digest': [
    'sha-256=:AAAA:',
    `sha-256=:${'A'.repeat(43)}=:`,
    `sha-512=:${'A'.repeat(86)}==:`,
    Array.from({ length: 300 }, () => `sha-256=:${'A'.repeat(43)}=:`).join(', '),
    'md5=:AAAA:, unixsum=1',
    'sha-256=x, =, ;',
    'a='.repeat(3000),
  ],
  'last-event-id': ['0', '-1', '1e1', '999999999999999', '9'.repeat(3000), '', 'a', '0x10'],
  'x-forwarded-for': ['1.2.3.4:5', '[::1]:80, 8.8.8.008', ',,', '::ffff:1.2.3.4', 'unknown', '1.'.repeat(2000)],
  'if-modified-since': ['x', 'Thu, 01 Jan 2099 00:00:00 GMT'],
}
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']
const oddPaths = [
  '/',
  '/docs',
  '/docs/',
  '/docs/static/index.html',
  '/docs/static/..%2f..%2fpackage.json',
  '/docs/json',
  '/openapi.json',
  '/learn',
  '/explore/',
  '/explore/assets/x/..%2f..%2fpackage.json',
  '/explore/%2e%2e/%2e%2e/src/server.ts',
  '/explore/%00',
  '/explore/assets/x/main.js',
  '/explore/assets/x/types.d.ts',
  '/v1',
  '//v1/loss',
  '/v1//loss',
  '/v1/loss/x',
  '/V1/LOSS',
  '/v1/%6coss',
  '/*',
  '/?__proto__[x]=1',
  `/livez?${'a=1&'.repeat(500)}`,
  `/${'a'.repeat(8000)}`,
  '/favicon.ico',
  '/.env',
  '/%c0%ae/',
  '/problems/__proto__',
  '/problems/%',
  '/problems/%ff',
  '/problems//',
  // streams that end at once, since no evaluation has these names
  '/v1/evaluations/absent/events',
  '/v1/evaluations/absent/events?after=1',
  '/v1/evaluations/a/events?after=1e1',
  '/v1/evaluations/a/events?after=-1&after=2',
  '/v1/evaluations/%ff/events',
  '/v2/models/__proto__',
  '/v2/models/mse/versions/1',
  '/v2/models/mse/versions/%00/infer',
  '/v2/models/%ff/infer',
  '/v2//models/mse',
  '/v2/',
  '/V2',
]

/** What a CSV file may hold besides plain numbers; the longest number has 65,536 characters. */
const oddCells = [
  '0'.repeat(65_536),
  '0'.repeat(65_537),
  `${'0'.repeat(60_000)}x`,
  `0.${'0'.repeat(60_000)}.`,
  `1e${'9'.repeat(30_000)}`,
  '"1"',
  '"',
  '\'"',
  '=1+1',
  '1;2',
  '0x10',
  ' 1 ',
  '1_000',
  '\uff11',
  'NaN',
  'Infinity',
  'true',
  '',
  '\0',
]

/** Evaluations that batches made without options fit. */
const lasting = ['a', 'b']
/** Whose predictions and labels come one after the other. */
const joined = 'joined'
const half = /\/(predictions|labels)$/
/** Evaluations that are declared in any way, sealed and deleted. */
const passing = [...'cdefghijklmnopqrst']
/** What no evaluation and no batch can be called. */
const impossible = ['x'.repeat(130), 'é', '..', '__proto__', '%']

/** What is declared before the first request, and now and then again. */
export const declarations: readonly Probe[] = [...lasting, joined].map((name) => ({
  kind: 'right',
  path: `/v1/evaluations/${name}`,
  method: 'PUT',
  headers: { 'content-type': 'application/json' },
  body: `{"loss":"mse","labelFormat":"values","outputs":2${name === joined ? ',"join":{"within":"P1D"}' : ''}}`,
}))

export const withBody = routes.filter(({ operation }) => operation.requestBody !== undefined)

/** The next request. */
export function nextProbe(choices: Choices): Probe {
  const level = choices.share()
  if (level < 0.05) return anywhere(choices)
  // a hostile request may have deleted one
  if (level < 0.06) return choices.pick(declarations)
  if (level < 0.08) return tableProbe(choices)
  const kindOfRoute = choices.chance(0.8) ? withBody : routes
  const right = rightProbe(choices, choices.pick(kindOfRoute), level < 0.4 ? 0 : choices.below(3))
  return level < 0.65 ? right : hostile(right, choices)
}

/** A request to a route with so many changes of its content. */
function rightProbe(choices: Choices, { path, method, operation }: Route, changes: number): Probe {
  const parameters = operation.parameters ?? []
  const isChange = method !== 'GET' && path.endsWith('{evaluation}')
  const isInference = path.endsWith('/infer')
  const inference = isInference ? (made({ $ref: '#/components/schemas/LossRequest' }, choices) as Fields) : {}
  const target = path.replaceAll(/\{([^}]+)\}/g, (_, name) => {
    const examples = Object.values(parameters.find((parameter) => parameter.name === name)?.examples ?? {})
    const named: Record<string, readonly string[]> = {
      evaluation: choices.chance(isChange ? 0 : 0.8) ? (half.test(path) ? [joined] : lasting) : passing,
      batch: [`b${choices.below(10_000)}`],
      loss: [String(inference.loss ?? choices.pick(lossNames))],
      name: examples.map(({ value }) => String(value)),
    }
    return encodeURIComponent(choices.pick(choices.chance(changes * 0.1) ? impossible : named[name]))
  })
  const query = parameters.filter(
    (parameter) => parameter.in === 'query' && (parameter.required || choices.chance(0.3)),
  )
  const pairs = query.map(({ name, schema }) => {
    const value = name === 'with' && choices.chance(0.8) ? choices.pick(lasting) : valueFor(schema, changes, choices)
    return `${name}=${encodeURIComponent(String(value).toWellFormed())}`
  })
  const kind = changes === 0 ? 'right' : 'almost right'
  const probe = { kind, method, path: pairs.length > 0 ? `${target}?${pairs.join('&')}` : target }
  const content = operation.requestBody?.content
  if (content === undefined) return { ...probe, headers: {} }
  const [type, media] = choices.pick(Object.entries(content))
  if (isInference) return { ...probe, ...inferenceOf(type, inference, choices, changes) }
  const [, tensor] = half.exec(path) ?? []
  if (tensor !== undefined && type === 'application/json' && choices.chance(0.5)) {
    const { [tensor]: rows } = fitted({}, choices)
    const ids = (rows as unknown[]).map(() => choices.below(1000))
    const body = JSON.stringify(changed({ ids, [tensor]: rows }, changes, choices)) ?? 'null'
    return { ...probe, headers: { 'content-type': type }, body }
  }
  const fields = () => {
    if (path.endsWith('{batch}')) return fitted({}, choices)
    const schema = path.endsWith('comparisons') ? 'Comparison' : 'LossRequest'
    return made({ $ref: `#/components/schemas/${schema}` }, choices) as Fields
  }
  return { ...probe, ...bodyOf(type, media, choices, changes, fields) }
}

/** An inference request for the model of these fields. */
function inferenceOf(type: string, fields: Fields, choices: Choices, changes: number): Pick<Probe, 'headers' | 'body'> {
  const isBinary = type === 'application/octet-stream'
  const { header, data } = asInference(fields, isBinary, choices)
  const text = Buffer.from(JSON.stringify(changed(header, changes, choices)) ?? 'null')
  const length = { 'inference-header-content-length': text.length }
  return { headers: { 'content-type': type, ...(isBinary && length) }, body: Buffer.concat([text, data]) }
}

function valueFor(schema: object, changes: number, choices: Choices): unknown {
  return changes > 0 && choices.chance(0.3) ? choices.pick(oddValues) : made(schema, choices)
}

function bodyOf(
  type: string,
  { schema, examples = {} }: Media,
  choices: Choices,
  changes: number,
  fields: () => Fields,
): Pick<Probe, 'headers' | 'body'> {
  const headers = { 'content-type': type }
  const changeable = (value: unknown) => JSON.stringify(changed(value, changes, choices)) ?? 'null'
  if (type === 'application/json') {
    const isExample = choices.chance(0.1) && Object.keys(examples).length > 0
    return {
      headers,
      body: changeable(isExample ? choices.pick(Object.values(examples)).value : made(schema, choices)),
    }
  }
  const { contentSchema = {} } = schema
  if (type === 'application/x-ndjson') {
    const ofOneKind = contentSchema.$ref !== undefined
    const lines = ofOneKind ? choices.list(choices.below(5), () => made(contentSchema, choices)) : asLines(fields())
    const texts = lines.map((line) => (choices.chance(0.5) ? changeable(line) : JSON.stringify(line)))
    return { headers, body: texts.join(choices.pick(['\n', '\n', '\r\n', '\n\n'])) }
  }
  if (type === 'application/octet-stream') {
    const { header, data } = asBinary(fields())
    const isOdd = () => changes > 0 && choices.chance(0.2)
    const text = Buffer.from(changeable(isOdd() ? made(contentSchema, choices) : header))
    const bytes = isOdd() ? Buffer.from(choices.list(choices.below(200), () => choices.below(256))) : data
    return {
      headers: { ...headers, 'inference-header-content-length': String(text.length) },
      body: Buffer.concat([text, bytes]),
    }
  }
  if (type === 'multipart/form-data') {
    const { headers: ofForm, payload } = formOf(asForm(changed(fields(), changes, choices), choices))
    return { headers: ofForm, body: payload }
  }
  return { headers, body: changeable(fields()) }
}

/** Fields as the parts of a form: tensors as JSON, CSV or .npy. */
function asForm(value: unknown, choices: Choices): FormPart[] {
  return Object.entries(Object(value)).map(([name, field]): FormPart => {
    const text = typeof field === 'string' ? field : (JSON.stringify(field) ?? '')
    // quotation marks and line breaks would end the name
    const plain = name.replaceAll(/["\r\n]/g, '_')
    const rows: unknown[] = Array.isArray(field) ? field : []
    if (!['predictions', 'labels', 'baseline'].includes(name) || choices.chance(0.5)) return [plain, text]
    const numbers = rows.flat().map(Number)
    const columns = Array.isArray(rows[0]) ? [rows[0].length] : []
    if (choices.chance(0.5)) return [plain, npyOf([rows.length, ...columns], numbers), 'application/octet-stream']
    const lines = rows.map(String)
    if (lines.length > 0 && choices.chance(0.3)) {
      const cells = choices.pick(lines).split(',')
      cells[choices.below(cells.length)] = choices.pick(oddCells)
      lines[choices.below(lines.length)] = cells.join(choices.pick([',', ',', ';', '\t']))
    }
    if (choices.chance(0.1)) lines.unshift(choices.pick(['a,b', '', '\ufeff1,2', 'x'.repeat(3000)]))
    const end = choices.pick(['\n', '\n', '\r\n', '\r', '\n\n'])
    return [plain, lines.join(end), choices.pick(['text/csv', 'text/csv', 'text/csv; header=present', 'text/plain'])]
  })
}

/** A value that a schema describes, small, and with tensors that fit each other where it is a batch. */
function made(schema: object, choices: Choices): unknown {
  const value = generateSync({ ...schema, components: document.components } as JsonSchema, {
    seed: choices.below(2 ** 31),
    optionalsProbability: choices.pick([0, 0.15, 0.5]),
    maxItems: 6,
  })
  const fields = value as Fields
  if (typeof value !== 'object' || value === null || !('predictions' in fields)) return small(value)
  return choices.chance(0.9) ? small(fitted(fields, choices)) : small(value)
}

/** Mini-batches of at most 1,000 rows: large ones are the matter of the attacks. */
function small(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, name === 'size' ? Math.min(Number(part), 1000) : small(part)]),
  )
}

/** A copy of a value with so many places changed. */
function changed(value: unknown, changes: number, choices: Choices): unknown {
  return changes === 0 ? value : changed(changedOnce(value, choices, 0), changes - 1, choices)
}

function changedOnce(value: unknown, choices: Choices, depth: number): unknown {
  if (depth > 4 || typeof value !== 'object' || value === null || choices.chance(0.1)) return choices.pick(oddValues)
  const way = choices.below(6)
  if (Array.isArray(value)) {
    const at = choices.below(value.length + 1)
    if (way === 0 || at === value.length) return value.toSpliced(at, 0, choices.pick(oddValues))
    if (way === 1) return value.toSpliced(at, 1)
    return value.with(at, changedOnce(value[at], choices, depth + 1))
  }
  const entries = Object.entries(value)
  const at = choices.below(entries.length + 1)
  if (way === 0 || at === entries.length) return { ...value, [choices.pick(oddTexts)]: choices.pick(oddValues) }
  if (way === 1) return Object.fromEntries(entries.toSpliced(at, 1))
  const [name, part] = entries[at]
  // an own property named __proto__ is what is wanted
  return Object.fromEntries(entries.with(at, [name, changedOnce(part, choices, depth + 1)]))
}

function hostile(probe: Probe, choices: Choices): Probe {
  const kind = 'hostile'
  const body = Buffer.from(probe.body ?? '')
  const hasBody = body.length > 0
  // a digest that is right, maybe among others that are not
  if (hasBody && choices.chance(0.05)) {
    const right = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
    const digests = choices.chance(0.5) ? right : `${right}, ${choices.pick(oddHeaders['content-digest'])}`
    return { ...probe, kind, headers: { ...probe.headers, 'content-digest': digests } }
  }
  // a body that means nothing
  if (!hasBody && choices.chance(0.3)) {
    const headers = { ...probe.headers, 'content-type': choices.pick(['application/json', ...oddTypes]) }
    return { ...probe, kind, headers, body: choices.pick(['{}', ...oddBytes]) }
  }
  switch (choices.below(hasBody ? 6 : 2)) {
    case 0: {
      const name = choices.pick(Object.keys(oddHeaders))
      return { ...probe, kind, headers: { ...probe.headers, [name]: choices.pick(oddHeaders[name]) } }
    }
    case 1:
      return { ...probe, kind, method: choices.pick(methods) }
    case 2:
      return { ...probe, kind, headers: { ...probe.headers, 'content-type': choices.pick(oddTypes) } }
    case 3: {
      const [name, compress] = choices.pick([
        ['gzip', gzipSync],
        ['zstd', zstdCompressSync],
      ] as const)
      const compressed = compress(body)
      const isDamaged = choices.chance(0.5)
      return {
        ...probe,
        kind,
        headers: { ...probe.headers, 'content-encoding': name },
        body: isDamaged ? damaged(compressed, choices) : compressed,
      }
    }
    case 4:
      return { ...probe, kind, sent: choices.below(body.length) }
    default:
      return { ...probe, kind, body: damaged(body, choices) }
  }
}

/** Bytes with one to three places changed. */
function damaged(bytes: Buffer, choices: Choices): Buffer {
  let result = Buffer.from(bytes)
  for (let left = 1 + choices.below(3); left > 0; left--) {
    const at = choices.below(result.length + 1)
    const [before, after] = [result.subarray(0, at), result.subarray(at)]
    const ways = [
      () => Buffer.concat([before, after.subarray(1 + choices.below(4))]),
      () => Buffer.concat([before, Buffer.from(choices.pick(oddBytes), 'latin1'), after]),
      () => before,
      () => Buffer.concat([before, result.subarray(choices.below(result.length + 1)), after]),
      () => Buffer.concat([before, Buffer.of(choices.below(256)), after.subarray(1)]),
    ]
    result = Buffer.from(choices.pick(ways)())
  }
  return result
}

/** Addresses that the document does not know. */
function anywhere(choices: Choices): Probe {
  const name = choices.pick(['accept', 'last-event-id', 'x-forwarded-for'])
  const headers: Probe['headers'] = choices.chance(0.3) ? { [name]: choices.pick(oddHeaders[name]) } : {}
  const body = choices.chance(0.2) ? { body: '{"a":1}' } : {}
  return { kind: 'anywhere', method: choices.pick(methods), path: choices.pick(oddPaths), headers, ...body }
}
