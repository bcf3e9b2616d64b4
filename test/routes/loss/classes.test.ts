// Names of classes in labels: what is refused, in which words, and that hostile names take linear time.
import { t as root, test } from 'tap'
import { appOf, post } from '../../support.ts'
import { leastOf } from '../../turns.ts'

const app = await appOf(root)

const classes = ['cat', 'dog', '고양이']
const request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  classes,
  predictions: [
    [0.2, 0.3, 0.5],
    [0.1, 0.8, 0.1],
    [0.6, 0.2, 0.2],
  ],
  labels: ['고양이', 'dog', 'cat'],
}

interface Listed {
  readonly pointer: string
  readonly code: string
  readonly detail: string
  readonly received: unknown
  readonly remedies?: unknown
}

async function errorsOf(changes: object): Promise<readonly Listed[]> {
  const payload = { ...request, ...changes }
  const answer = await app.inject({ method: 'POST', url: '/v1/loss', payload })
  if (answer.statusCode !== 422) throw new Error(answer.body)
  return (answer.json() as { errors: readonly Listed[] }).errors
}

test('names and numbers are the same labels, also ignored ones and a single one', async (t) => {
  const { body: expected } = await post(app, '/v1/loss', { ...request, labels: [2, 1, 0] })
  const figures = { ...(expected as object), requestId: undefined }
  for (const labels of [request.labels, ['고양이', 1, 'cat'], [2, 'dog', 0]]) {
    const { body } = await post(app, '/v1/loss', { ...request, labels })
    t.match(body, JSON.parse(JSON.stringify(figures)))
  }
  t.match(await post(app, '/v1/loss', { ...request, ignoreIndex: -1, labels: ['고양이', -1, 'cat'] }), {
    status: 200,
    body: { ignored: 1 },
  })
  for (const labels of ['dog', ['dog'], 1])
    t.match(await post(app, '/v1/loss', { ...request, predictions: [0.1, 0.8, 0.1], labels }), {
      status: 200,
      body: { samples: 1, correct: 1 },
    })
})

test('a word that is no name is refused with the nearest name, or with those that there are', async (t) => {
  const [error, ...others] = await errorsOf({ labels: ['고양이', 'dgo', 'cat'] })
  t.strictSame(others, [])
  t.strictSame(error, {
    pointer: '#/labels/1',
    code: 'unknown-value',
    detail: 'labels[1] is "dgo", which is not among classes; did you mean "dog"? Use "dog" for "dgo" in labels.',
    received: 'dgo',
    remedies: [{ replace: { labels: { dgo: 'dog' } } }],
  })
  const mixed = await errorsOf({ labels: ['Cat', 'zebra', null] })
  t.strictSame(
    mixed.map(({ pointer, code, detail }) => [pointer, code, detail]),
    [
      ['#/labels/0', 'unknown-value', 'labels[0] is "Cat", which is not among classes; did you mean "cat"?'],
      ['#/labels/1', 'unknown-value', 'labels[1] is "zebra", which is not among classes: "cat", "dog", "고양이"'],
      [
        '#/labels/2',
        'not-a-number',
        'labels[2] is null; it must be one of classes, or the number of a class, counted from 0',
      ],
    ],
  )
})

test('remedies are tried with names as with numbers', async (t) => {
  const percentages = request.predictions.map((row) => row.map((p) => 100 * p))
  const [named] = await errorsOf({ predictions: percentages })
  t.strictSame(named.remedies, [{ scale: { predictions: 0.01 } }])
  const [misspelt] = await errorsOf({ labels: ['고양이', 'dgo', 'catt'], predictions: percentages })
  t.strictSame(misspelt.remedies, [{ replace: { labels: { dgo: 'dog', catt: 'cat' } }, scale: { predictions: 0.01 } }])
  const [numbers] = await errorsOf({ labels: ['0', '1', '2'] })
  t.strictSame(numbers.remedies, [{ parse: ['labels'] }])
})

test('what classes cannot be, each in its own words', async (t) => {
  const table: [changes: object, pointer: string, code: string, detail: string][] = [
    [
      { classes: ['cat', 'dog'] },
      '#/classes',
      'shape',
      'classes has 2 names; it must have one for each of the 3 outputs',
    ],
    [{ classes: ['cat', 'dog', 'cat'] }, '#/classes/2', 'given-twice', 'classes[2] is "cat", and so is classes[0]'],
    [
      { classes: ['cat', 'dog', 3] },
      '#/classes/2',
      'wrong-type',
      'classes[2] must be a string of 1 to 128 characters; received 3',
    ],
    [
      { classes: ['cat', 'dog', ''] },
      '#/classes/2',
      'out-of-range',
      'classes[2] must be a string of 1 to 128 characters; received ""',
    ],
    [
      { classes: [] },
      '#/classes',
      'out-of-range',
      'classes must be a list of 1 to 4000 different strings of 1 to 128 characters, one for each class; received an array of 0',
    ],
    [
      { classes: 'cat' },
      '#/classes',
      'wrong-type',
      'classes must be a list of 1 to 4000 different strings of 1 to 128 characters, one for each class; received "cat"',
    ],
    [
      { labelFormat: 'one-hot', labels: request.predictions.map(() => [1, 0, 0]) },
      '#/classes',
      'no-effect',
      'classes has no effect here; it applies to labelFormat "index"',
    ],
    [
      { classes: undefined },
      '#/labels/0',
      'not-a-number',
      'labels[0] is a string; it must be the number of a class, counted from 0; names of classes are declared with classes.',
    ],
  ]
  for (const [changes, pointer, code, detail] of table) {
    const [error] = await errorsOf(changes)
    t.match(error, { pointer, code, detail })
  }
})

test('an evaluation is declared with names, for as many outputs as it has', async (t) => {
  const { loss, labelFormat } = request
  const declared = { loss, labelFormat, classes, outputs: 2 }
  const answer = await app.inject({ method: 'PUT', url: '/v1/evaluations/named', payload: declared })
  t.equal(answer.statusCode, 422)
  t.match(answer.json(), { errors: [{ pointer: '#/classes' }] })
  const right = { ...declared, outputs: 3 }
  t.equal((await app.inject({ method: 'PUT', url: '/v1/evaluations/named', payload: right })).statusCode, 201)
  const others = { ...right, classes: classes.toReversed() }
  const other = await app.inject({ method: 'PUT', url: '/v1/evaluations/named', payload: others })
  t.equal(other.statusCode, 409)
  t.match(other.json(), { errors: [{ pointer: '#/classes', code: 'differs' }] })
  const { predictions, labels } = request
  const url = '/v1/evaluations/named/batches/one'
  t.equal((await app.inject({ method: 'PUT', url, payload: { predictions, labels } })).statusCode, 201)
  const again = await app.inject({ method: 'PUT', url, payload: { predictions, labels: [2, 1, 0] } })
  t.match(again.json(), { replayed: true })
})

test('text without types is refused where a name would be read as a number', async (t) => {
  const boundary = 'x'
  const parts = { loss: 'cross-entropy', labelFormat: 'index', classes: '["1","2","3"]' }
  const fields = Object.entries({ ...parts, predictions: JSON.stringify(request.predictions) })
  const form = (names: string, labels: string) =>
    [...fields.map(([name, value]) => [name, name === 'classes' ? names : value]), ['labels', labels]]
      .map(([name, value]) => {
        const type = name === 'labels' ? '\r\ncontent-type: text/csv' : ''
        return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${type}\r\n\r\n${value}\r\n`
      })
      .join('')
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}` }
  const send = async (names: string, labels: string) => {
    const payload = `${form(names, labels)}--${boundary}--\r\n`
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/v1/loss', headers, payload })
    return { status: statusCode, body: JSON.parse(body) }
  }
  t.match(await send('["1","2","3"]', '1\n2\n1\n'), { status: 422, body: { errors: [{ pointer: '#/classes/0' }] } })
  t.match(await send('["0","1","2"]', '1\n2\n1\n'), { status: 200 })
  t.match(await send('["a","b","c"]', 'a\n2\nc\n'), { status: 200 })
  t.match(await send('["a","b","c"]', 'a\n2\nd\n'), { status: 422, body: { errors: [{ pointer: '#/labels/2' }] } })
})

test('names are read in linear time, however they are chosen', async (t) => {
  const secondsFor = async (count: number, nameOf: (at: number) => string) => {
    const predictions = Array.from({ length: count }, () => [0.5, 0.5])
    const payload = JSON.stringify({
      ...request,
      classes: ['a', 'b'],
      predictions,
      labels: predictions.map((_, at) => nameOf(at)),
    })
    const begin = process.cpuUsage()
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/loss',
      headers: { 'content-type': 'application/json' },
      payload,
    })
    const { user, system } = process.cpuUsage(begin)
    t.ok([422, 413].includes(answer.statusCode), `${answer.statusCode}`)
    return (user + system) / 1e6
  }
  for (const nameOf of [(at: number) => `n${at}`, (at: number) => `${'x'.repeat(120)}${at}`, () => 'y'.repeat(500)]) {
    await secondsFor(10_000, nameOf)
    // linear is 10 times as long; the square would be 100 times, each time
    const few = await secondsFor(10_000, nameOf)
    const most = 30 * few + 0.2
    const many = await leastOf(() => secondsFor(100_000, nameOf), most)
    t.ok(many < most, `${few} s, ${many} s`)
  }
})

test('lines of single rows are the same with names, and a wrong one is named by its line', async (t) => {
  const rows = Array.from({ length: 300 }, (_, i) => ({ predictions: request.predictions[i % 3], label: (i * i) % 3 }))
  const send = async (labelOf: (label: number, at: number) => unknown) => {
    const { loss, labelFormat } = request
    const lines = rows.map(({ predictions, label }, at) => ({ predictions, labels: labelOf(label, at) }))
    const payload = [{ loss, labelFormat, classes }, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await app.inject({ method: 'POST', url: '/v1/loss', headers, payload })
    const { requestId: _, ...body } = answer.json()
    return { status: answer.statusCode, body }
  }
  const expected = await send((label) => label)
  t.equal(expected.status, 200)
  t.strictSame(await send((label) => classes[label]), expected)
  t.strictSame(await send((label, at) => (at % 2 === 0 ? classes[label] : label)), expected)
  t.match(await send((label, at) => (at === 250 ? 'dgo' : classes[label])), {
    status: 422,
    body: { errors: [{ pointer: '#/labels', code: 'unknown-value', detail: /"dgo".*did you mean "dog"/ }] },
  })
})
