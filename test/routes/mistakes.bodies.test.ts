import { t as root, test } from 'tap'
import type { FormPart } from '../formats/form.ts'
import { formOf, npyOf, rawForm } from '../formats/form.ts'
import { appOf } from '../support.ts'
import { refusalOf } from './mistakes-support.ts'

const app = await appOf(root)

const right = '{"loss": "mse", "labelFormat": "values", "predictions": [1], "labels": [2]}'
/** A body with something else for its predictions. */
const given = (predictions: string) => right.replace('[1]', predictions)

/** Bodies that are no JSON: what they look like, and words of the error. */
const bodies: readonly [body: string, looksLike: string | undefined, ...words: (string | RegExp)[]][] = [
  [given('[1, NaN]'), 'not-finite', 'line 1, column 61', 'JSON has no NaN'],
  [given('[1,\n NaN]'), 'not-finite', 'line 2, column 2', 'JSON has no NaN'],
  [given('[NaN]'), 'not-finite', 'JSON has no NaN'],
  [given('[nan]'), 'not-finite', 'JSON has no NaN'],
  [given('[1, Infinity]'), 'not-finite', 'no Infinity'],
  [given('[1, -Infinity]'), 'not-finite', 'no Infinity'],
  [given('[inf]'), 'not-finite', 'no Infinity'],
  [given('[-inf]'), 'not-finite', 'no Infinity'],
  [right.replaceAll('"', "'"), 'single-quotes', 'column 2', 'double quotes', 'json.dumps'],
  [given("['1']"), 'single-quotes', 'double quotes'],
  [given('None'), 'python', 'true, false and null'],
  [given('[True]'), 'python', 'true, false and null'],
  [given('[False]'), 'python', 'true, false and null'],
  [given('array([1, 2])'), 'printed-array', 'tolist()'],
  [given('np.array([1])'), 'printed-array', 'tolist()'],
  [given('tensor([1.])'), 'printed-array', 'tolist()'],
  [given('torch.tensor([1.])'), 'printed-array', 'tolist()'],
  [given('Float64Array(1)'), 'printed-array', 'tolist()'],
  [given('[1. 2.]'), 'printed-array', 'tolist()'],
  [given('[1 2]'), 'printed-array', 'Commas are missing'],
  [given('[[1, 2]\n [3, 4]]'), 'printed-array', 'Commas are missing', 'line 2, column 2'],
  [given('[1, 2, ..., 3]'), 'printed-array', 'abbreviated printout'],
  [given('(1, 2)'), 'tuple', 'no tuples'],
  [given('[1, 2,]'), 'trailing-comma', 'does not allow a comma after the last'],
  [given('[1, 2,\n]'), 'trailing-comma', 'line 2, column 1'],
  [right.replace('}', ',}'), 'trailing-comma', 'does not allow a comma after the last'],
  [given('[1] // one'), 'comment', 'no comments'],
  [given('[1] /* one */'), 'comment', 'no comments'],
  [`# a batch\n${right}`, 'comment', 'no comments'],
  [`${right}\n${right}`, 'several-documents', 'application/x-ndjson', 'line 2, column 1'],
  [`${right}${right}`, 'several-documents', 'application/x-ndjson'],
  [`${right}, ${right}`, undefined, 'nothing may follow'],
  [`\ufeff${right}`, 'byte-order-mark', 'without one'],
  ['', 'empty', 'Nothing was sent'],
  [' \n', 'empty', 'Nothing was sent'],
  [right.slice(0, -1), 'cut', 'too early'],
  [right.slice(0, 30), 'cut', 'too early'],
  ['loss=mse&labelFormat=values', 'form', 'looks like a form'],
  ['@batch.json', 'file-name', '-d @FILE'],
  ['<html></html>', 'markup', 'HTML'],
  ['0.2,0.8\n0.9,0.1', 'csv', 'text/csv'],
  ['1;2', 'csv', 'text/csv'],
  ['PK\u0003\u0004', 'archive', 'zip'],
  [given('[.5]'), 'number', '0.5'],
  [given('[+1]'), 'number', 'plus sign'],
  [given('[01]'), 'number', 'zeros'],
  [given('[1_000]'), 'number', 'digits'],
  [given('[0x10]'), 'number', 'digits'],
  [given('[1.5f]'), 'number', 'digits'],
  [given('undefined'), 'undefined', 'no undefined'],
  [right.replace('"loss"', 'loss'), 'unquoted-key', 'double quotes'],
  [given('"a\nb"'), 'string', 'quotation mark'],
  ['hello', undefined, "'{' was expected"],
  [right.replace('"labels": [2]', '"predictions": [2]'), undefined, 'given before'],
]

test('what is no JSON is told what it looks like, with its line and column', async (t) => {
  for (const [body, looks, ...words] of bodies) {
    const { status, detail, looksLike } = await refusalOf(app, body)
    t.equal(status, 400, body)
    t.equal(looksLike, looks, body)
    for (const word of words) t.match(detail, word, body)
    t.match(detail, /(?:in line \d+, column \d+|at byte)/, body)
  }
})

test('JSON that is no object says so', async (t) => {
  for (const body of ['[1, 2]', '[[0.2, 0.8]]', '"text"', '5', 'null', 'true']) {
    const { status, detail, errors } = await refusalOf(app, body)
    t.same([status, errors[0].code], [422, 'wrong-type'], body)
    t.match(detail, 'it must be one JSON object')
  }
})

const csv = 'text/csv'
const file = 'application/octet-stream'
const mse: FormPart[] = [
  ['loss', 'mse'],
  ['labelFormat', 'values'],
]
const labels: FormPart = ['labels', '1\n2\n3\n', csv]

const forms: readonly [name: string, parts: FormPart[], code: string, ...words: string[]][] = [
  ['an empty line', [...mse, ['predictions', '1\n\n3\n', csv], labels], 'empty', 'row 2 of predictions is empty'],
  ['an empty first line', [...mse, ['predictions', '\n1\n3\n', csv], labels], 'empty', 'row 1 of predictions is empty'],
  ['an empty cell', [...mse, ['predictions', '1,2\n3,\n', csv]], 'empty', 'row 2, column 2 of predictions is empty'],
  ['a header that was not declared', [...mse, ['predictions', 'a\n1\n', csv]], 'header', 'csvHeader=predictions'],
  ['semicolons', [...mse, ['predictions', '0,2;0,8\n', csv]], 'not-a-number', 'semicolons', 'commas'],
  ['tabs', [...mse, ['predictions', '1\t2\n', csv]], 'not-a-number', 'tabs'],
  ['NaN', [...mse, ['predictions', '1\nNaN\n', csv]], 'not-a-number', 'row 2', 'missing values'],
  ['NULL', [...mse, ['predictions', '1\nNULL\n', csv]], 'not-a-number', 'missing values'],
  ['words', [...mse, ['predictions', '1\ncat\n', csv]], 'not-a-number', 'row 2, column 1'],
  [
    'true for values',
    [...mse, ['predictions', '1\n', csv], ['labels', 'true\n', csv]],
    'not-a-number',
    'labels[0] is true',
  ],
  ['rows of several lengths', [...mse, ['predictions', '1,2\n3\n', csv]], 'shape', 'row 2 of predictions has 1 column'],
  ['an index of pandas', [...mse, ['csvHeader', 'true'], ['predictions', ',a\n0,1\n', csv]], 'header', 'index=False'],
  ['an index of pandas without a declared header', [...mse, ['predictions', ',0\n0,1\n', csv]], 'empty', 'index=False'],
  [
    'a header of numbers',
    [...mse, ['csvHeader', 'true'], ['predictions', '0,1\n2,3\n', csv]],
    'header',
    'numbers, not column names',
    'header=False',
  ],
  [
    'names in another order',
    [...mse, ['csvHeader', 'true'], ['predictions', 'a,b\n1,2\n', csv], ['labels', 'b,a\n1,2\n', csv]],
    'header',
    'the same order',
  ],
  [
    'other names',
    [...mse, ['csvHeader', 'true'], ['predictions', 'a,b\n1,2\n', csv], ['labels', 'c,d\n1,2\n', csv]],
    'header',
    'by position',
  ],
  [
    'a header of one part for both',
    [...mse, ['csvHeader', 'true'], ['predictions', 'a\n1\n', csv], ['labels', '1\n', csv]],
    'header',
    'row 1 of labels contains numbers',
  ],
  ['csvHeader=yes', [['csvHeader', 'yes']], 'unknown-value', 'predictions,labels'],
  ['csvHeader too late', [...mse, ['predictions', '1\n', csv], ['csvHeader', 'true']], 'misplaced', 'before'],
  ['JSON as a file', [...mse, ['predictions', '[1]', file]], 'malformed', 'not a .npy file', 'type=text/csv'],
  ['.npz', [...mse, ['predictions', 'PK\u0003\u0004abcdef', file]], 'unsupported', '.npz'],
  ['half a .npy file', [...mse, ['predictions', npyOf([3], [1, 2]), file]], 'malformed', 'must have the 24 bytes'],
  ['Python in a part', [...mse, ['predictions', '[nan]', 'application/json']], 'malformed', 'JSON has no NaN'],
  ['a part twice', [...mse, ['loss', 'mse']], 'given-twice', 'two parts'],
  ['a misspelt part', [...mse, ['prediction', '[1]']], 'unknown-field', 'did you mean "predictions"'],
]

test('forms are told what is wrong with which part', async (t) => {
  for (const [name, parts, code, ...words] of forms) {
    const answer = await app.inject({ method: 'POST', url: '/v1/loss', ...formOf(parts) })
    const { detail, errors = [] } = answer.json()
    t.equal(answer.statusCode, 422, name)
    t.ok(
      errors.some((error: { code: string }) => error.code === code),
      `${name}: ${JSON.stringify(errors)}`,
    )
    for (const word of words) t.match(detail, word, name)
  }
})

/** A part with a file name and no Content-Type, as Python's requests sends it. */
function untyped(name: string, content: Buffer | string): Buffer {
  const head = `--x\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`
  return Buffer.concat([Buffer.from(head), Buffer.from(content), Buffer.from('\r\n')])
}

test('a file without a type is .npy by its first bytes, or refused with the remedy', async (t) => {
  const options = ['loss', 'labelFormat'].map(
    (name, at) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${['mse', 'values'][at]}\r\n`,
  )
  const form = (...parts: Buffer[]) =>
    rawForm(Buffer.concat([Buffer.from(options.join('')), ...parts, Buffer.from('--x--\r\n')]), 'x')
  const numbers = npyOf([2], [1, 2])
  const good = await app.inject({
    method: 'POST',
    url: '/v1/loss',
    ...form(untyped('predictions', numbers), untyped('labels', npyOf([2], [1, 4]))),
  })
  t.match(good.json(), { loss: 2 })
  const bad = await app.inject({ method: 'POST', url: '/v1/loss', ...form(untyped('predictions', '[1, 2]')) })
  t.equal(bad.statusCode, 422)
  t.match(bad.json(), {
    detail: /not a \.npy file; for JSON or CSV, give the part a Content-Type/,
    errors: [{ code: 'malformed' }],
  })
})

test('CSV of truth values and a header of one part are read', async (t) => {
  const binary: FormPart[] = [
    ['loss', 'binary-cross-entropy'],
    ['labelFormat', 'binary'],
    ['csvHeader', 'labels'],
    ['predictions', '0.5\n0.5\n', csv],
    ['labels', 'is_cat\ntrue\nFalse\n', csv],
  ]
  const answer = await app.inject({ method: 'POST', url: '/v1/loss', ...formOf(binary) })
  t.equal(answer.statusCode, 200)
  t.ok(Math.abs(answer.json().loss - Math.LN2) < 1e-6)
  const json = { loss: 'binary-cross-entropy', labelFormat: 'binary', predictions: [0.5, 0.5], labels: [true, false] }
  const same = await app.inject({ method: 'POST', url: '/v1/loss', payload: json })
  t.equal(same.json().loss, answer.json().loss)
})

const ndjson = { 'content-type': 'application/x-ndjson' }
const json = { 'content-type': 'application/json' }
type Asked = readonly [
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  headers: Record<string, string>,
  body: string,
]

const addresses: readonly [name: string, request: Asked, status: number, ...words: (string | RegExp)[]][] = [
  ['no /v1', ['POST', '/loss', json, right], 404, 'Did you mean /v1/loss?'],
  ['no /v1 before an evaluation', ['PUT', '/evaluations/run', json, '{}'], 404, 'Did you mean /v1/evaluations/run?'],
  ['/v1/comparision', ['POST', '/v1/comparision', json, right], 404, 'Did you mean /v1/comparisons?'],
  ['/v1/compare', ['POST', '/v1/compare', json, right], 404, 'Did you mean /v1/comparisons?'],
  ['/api/v1/loss', ['POST', '/api/v1/loss', json, right], 404, 'Did you mean /v1/loss?'],
  ['/evaluate', ['POST', '/evaluate', json, right], 404, 'Did you mean /v1/loss?'],
  ['nothing like it', ['GET', '/zebra', {}, ''], 404, /^There is no resource at this path\. See \/docs/],
  ['another method', ['GET', '/v1/loss', {}, ''], 405, '/v1/loss accepts POST'],
  [
    'another method of an evaluation',
    ['POST', '/v1/evaluations/run', json, '{}'],
    405,
    '/v1/evaluations/{evaluation} accepts',
  ],
  [
    'another method of a batch',
    ['GET', '/v1/evaluations/run/batches/a', {}, ''],
    405,
    '/v1/evaluations/{evaluation}/batches/{batch} accepts',
  ],
  ['no type', ['POST', '/v1/loss', { 'content-type': 'text/plain' }, right], 415, 'Content-Type: application/json'],
  [
    'JSON to the stream of batches',
    ['POST', '/v1/evaluations/run/batches', json, right],
    415,
    'PUT one batch as JSON to .../batches/NAME',
    'NDJSON',
  ],
  [
    'a batch of no evaluation',
    ['PUT', '/v1/evaluations/none/batches/a', json, '{"predictions":[1],"labels":[1]}'],
    404,
    'Declare it first with PUT /v1/evaluations/none',
  ],
  [
    'lines of no evaluation',
    ['POST', '/v1/evaluations/none/batches', ndjson, '{}'],
    404,
    'Declare it first with PUT /v1/evaluations/none',
  ],
  [
    'data in a declaration',
    [
      'PUT',
      '/v1/evaluations/run',
      json,
      '{"loss":"mse","labelFormat":"values","outputs":1,"predictions":[1],"labels":[1]}',
    ],
    422,
    'Data belong in a batch',
  ],
  [
    'a declaration without outputs',
    ['PUT', '/v1/evaluations/run', json, '{"loss":"mse","labelFormat":"values"}'],
    422,
    'outputs is missing',
  ],
  [
    'a declaration of one class',
    ['PUT', '/v1/evaluations/run', json, '{"loss":"cross-entropy","labelFormat":"index","outputs":1}'],
    422,
    'at least 2 outputs',
    'binary-cross-entropy',
  ],
  [
    'a declaration of another library',
    ['PUT', '/v1/evaluations/run', json, '{"loss":"MSELoss","labelFormat":"values","outputs":1}'],
    422,
    'did you mean "mse"',
  ],
  ['a name with a slash', ['PUT', '/v1/evaluations/a%2Fb', json, '{}'], 422, '1 to 128 characters'],
]

test('requests that go elsewhere are shown the way', async (t) => {
  for (const [name, [method, url, headers, payload], status, ...words] of addresses) {
    const answer = await app.inject({ method, url, headers, ...(payload !== '' && { payload }) })
    t.equal(answer.statusCode, status, name)
    for (const word of words) t.match(answer.json().detail, word, name)
  }
})

test('a batch of an evaluation is told where options belong, and remedies change only the batch', async (t) => {
  const declared = { loss: 'cross-entropy', labelFormat: 'index', outputs: 2 }
  await app.inject({ method: 'PUT', url: '/v1/evaluations/mistaken', payload: declared })
  const put = async (payload: object) => {
    const answer = await app.inject({ method: 'PUT', url: '/v1/evaluations/mistaken/batches/a', payload })
    return answer.json()
  }
  const batch = { predictions: [[0.2, 0.8]], labels: [1] }
  t.match(await put({ ...batch, loss: 'mse' }), {
    status: 422,
    detail: 'Options belong in the declaration',
    errors: [{ code: 'unknown-field' }],
  })
  const logits = await put({ predictions: [[2, -1]], labels: [1] })
  t.match(logits, { detail: 'predictionFormat "logits"' })
  t.equal(logits.errors[0].remedies, undefined)
  const percentages = await put({ predictions: [[20, 80]], labels: [1] })
  t.same(percentages.errors[0].remedies, [{ scale: { predictions: 0.01 } }])
  t.match(await put({ predictions: [[1, 2, 3]], labels: [1] }), { detail: 'declared with outputs 2' })
})

test('the type of a problem is a URL at the address that was asked', async (t) => {
  const asked = async (host: string) => {
    const answer = await app.inject({ method: 'POST', url: '/v1/loss', headers: { ...json, host }, payload: '{' })
    return answer.json().type
  }
  t.equal(await asked('loss.example'), 'http://loss.example/problems/malformed-body')
  t.equal(await asked('127.0.0.1:3000'), 'http://127.0.0.1:3000/problems/malformed-body')
  t.equal(await asked('[::1]:80'), 'http://[::1]:80/problems/malformed-body')
  t.equal(await asked('a"b<c>'), '/problems/malformed-body')
  const { codes } = (await app.inject('/problems/invalid-content')).json()
  t.match(codes, { 'row-sum': /rowSumTolerance/ })
})
