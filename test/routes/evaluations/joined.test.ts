import { readdirSync, readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { t as root, test } from 'tap'
import type { FormPart } from '../../formats/form.ts'
import { formOf, npyOf } from '../../formats/form.ts'
import { appOf, ask, post, problemOf } from '../../support.ts'
import { allRows, evaluationOf, send, sendLines, threeClasses } from './support.ts'

const app = await appOf(root)
const join = { within: 'P30D' }
const joined = { ...threeClasses, join }
const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const { predictions, labels } = allRows

const nothing = { received: 0, accepted: 0, replayed: 0, conflicts: 0, joined: 0, errors: [] }

/** The rows of some places. */
function rows(places: readonly number[], field: 'predictions' | 'labels') {
  const numbers = field === 'predictions' ? predictions : labels
  return { ids: places.map((at) => ids[at]), [field]: places.map((at) => numbers[at]) }
}

/** The figures of a report that /v1/loss has as well. */
async function lossOf(app: FastifyInstance, content: object, declared: Record<string, unknown> = threeClasses) {
  const { outputs: _, join: __, ...options } = declared
  return (await post(app, '/v1/loss', { ...options, ...content })).body as Record<string, unknown>
}

test('rows count when both halves are there, and the report is that of /v1/loss over them', async (t) => {
  await evaluationOf(app, 'whole', joined, [])
  const first = await send(app, 'POST', '/whole/predictions', rows([0, 1, 2, 3], 'predictions'))
  t.equal(first.status, 200)
  t.same(first.body, { ...nothing, received: 4, accepted: 4 })
  const second = await send(app, 'POST', '/whole/labels', rows([5, 3, 0], 'labels'))
  t.same(second.body, { ...nothing, received: 3, accepted: 3, joined: 2 })
  const report = await send(app, 'GET', '/whole')
  const { joined: counts, ...figures } = report.body as Record<string, unknown>
  t.match(figures, await lossOf(app, { predictions: [predictions[3], predictions[0]], labels: [labels[3], labels[0]] }))
  const { oldestWaiting, ...numbers } = counts as Record<string, unknown>
  t.match(oldestWaiting, /^\d{4}-\d\d-\d\dT/)
  t.same(numbers, { predictions: 4, labels: 3, joined: 2, waitingPredictions: 2, waitingLabels: 1, expired: 0 })
  t.match(figures, { join, batches: 1 })
  const last = await send(app, 'POST', '/whole/predictions', rows([4, 5], 'predictions'))
  t.same(last.body, { ...nothing, received: 2, accepted: 2, joined: 1 })
  await send(app, 'POST', '/whole/labels', rows([1, 2, 4], 'labels'))
  const all = (await send(app, 'GET', '/whole')).body
  t.match(all, await lossOf(app, allRows))
  t.match(all, {
    joined: { predictions: 6, labels: 6, joined: 6, waitingPredictions: 0, waitingLabels: 0, oldestWaiting: null },
  })
})

test('what is sent again is a replay, other content is a conflict, and the rest is kept', async (t) => {
  await evaluationOf(app, 'again', joined, [])
  const path = '/again/predictions'
  await send(app, 'POST', path, rows([0, 1], 'predictions'))
  const other = {
    ids: ['a', 'b', 'c', 'c', 'c'],
    predictions: [predictions[0], predictions[2], predictions[2], predictions[2], predictions[3]],
  }
  const detail = (id: unknown) =>
    `The predictions of the id ${JSON.stringify(id)} were sent before, with other content.`
  const mixed = await send(app, 'POST', path, other)
  t.same(mixed.body, {
    received: 5,
    accepted: 1,
    replayed: 2,
    conflicts: 2,
    joined: 0,
    errors: [
      { id: 'b', index: 1, detail: detail('b') },
      { id: 'c', index: 4, detail: detail('c') },
    ],
  })
  await send(app, 'POST', '/again/labels', rows([0, 1, 2], 'labels'))
  const known = await send(app, 'POST', '/again/labels', { ids: ['a', 'b'], labels: [labels[0], 0] })
  t.match(known.body, { replayed: 1, conflicts: 1, joined: 0, errors: [{ id: 'b', index: 1 }] })
  t.match((await send(app, 'POST', path, rows([0], 'predictions'))).body, { replayed: 1, accepted: 0 })
  t.match((await send(app, 'GET', '/again')).body, { samples: 3, batches: 1 })
})

test('a text and an integer that look alike are two ids', async (t) => {
  await evaluationOf(app, 'alike', joined, [])
  await send(app, 'POST', '/alike/predictions', { ids: [17, '17'], predictions: predictions.slice(0, 2) })
  const one = await send(app, 'POST', '/alike/labels', { ids: ['17'], labels: [labels[1]] })
  t.match(one.body, { joined: 1 })
  t.match(
    (await send(app, 'GET', '/alike')).body,
    await lossOf(app, { predictions: [predictions[1]], labels: [labels[1]] }),
  )
  t.match((await send(app, 'GET', '/alike/waiting?half=predictions')).body, { waiting: [{ id: 17 }] })
})

test('one wrong row refuses its body, and nothing of it is kept', async (t) => {
  await evaluationOf(app, 'wrong', joined, [])
  const cases: [string, object, string, string, string][] = [
    [
      'predictions',
      { ids: ['a', 'b'], predictions: [predictions[0], [0.5, 0.2, 0.2]] },
      '#/predictions/1',
      'row-sum',
      'predictions[1] sums to 0.8999999999999999; rows of probabilities sum to 1 within rowSumTolerance 0.001.',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [[0.5, 0.5]] },
      '#/predictions',
      'shape',
      'predictions has 2 numbers per row; the evaluation was declared with outputs 3',
    ],
    [
      'predictions',
      { ids: ['a', 'b'], predictions: [predictions[0]] },
      '#/predictions',
      'shape',
      'predictions has 1 row; ids has 2 ids, and each row needs one',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [predictions[0]], at: ['2026-02-30T00:00:00Z'] },
      '#/at/0',
      'malformed',
      'at[0] must be a time from 1970 to 9998, as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970',
    ],
    [
      'predictions',
      { ids: ['a'], predictions: [predictions[0]], labels: [1] },
      '#/labels',
      'unknown-field',
      '"labels" is not a recognised field; the fields are ids, predictions, sampleWeights, groups, at. Send it with the labels of the rows: POST .../labels.',
    ],
    ['predictions', { predictions: [predictions[0]] }, '#/ids', 'missing', 'ids is missing; it must be an array'],
    [
      'labels',
      { ids: ['a', 'b'], labels: [1, 3] },
      '#/labels/1',
      'out-of-range',
      'labels[1] is 3; labelFormat "index" needs an integer from 0 to 2, one of the 3 outputs of predictions. Classes count from 0: subtract 1 from labels.',
    ],
    [
      'labels',
      {
        ids: ['a', 'b'],
        labels: [
          [0, 1, 0],
          [1, 0, 0],
        ],
      },
      '#/labels',
      'shape',
      'labels[0] is an array of 3 numbers; labelFormat "index" needs one integer per sample.',
    ],
    [
      'labels',
      { ids: ['a'], labels: ['1'] },
      '#/labels/0',
      'not-a-number',
      'labels[0] is a string; it must be the number of a class, counted from 0; names of classes are declared with classes. Send labels as numbers, without quotation marks.',
    ],
    [
      'labels',
      { ids: [true], labels: [1] },
      '#/ids/0',
      'wrong-type',
      'ids[0] must be a string of 1 to 128 characters, or an integer from -(2^53 - 1) to 2^53 - 1',
    ],
    [
      'labels',
      { ids: ['x'.repeat(129)], labels: [1] },
      '#/ids/0',
      'malformed',
      'ids[0] must be a string of 1 to 128 characters, or an integer from -(2^53 - 1) to 2^53 - 1',
    ],
    ['labels', { ids: [], labels: [] }, '#/ids', 'empty', 'ids is empty; it must have at least one id'],
    [
      'labels',
      { ids: 'a', labels: [1] },
      '#/ids',
      'wrong-type',
      'ids is a string; it must be an array with one id for each row',
    ],
  ]
  for (const [half, content, pointer, code, detail] of cases) {
    const { status, body, text } = await send(app, 'POST', `/wrong/${half}`, content)
    t.equal(status, 422, detail)
    t.match(JSON.parse(text), { errors: [{ pointer, code }] })
    t.equal((body as { detail: string }).detail.split(' One-hot rows')[0], detail)
  }
  t.match((await send(app, 'GET', '/wrong')).body, { joined: { predictions: 0, labels: 0, joined: 0 } })
})

const tables = new URL('../../fixtures/tables/', import.meta.url)
/** What the tables hold, by column: written by the script that made them. */
const table: Readonly<Record<string, readonly never[]>> = JSON.parse(
  readFileSync(new URL('expected.json', tables), 'utf8'),
)
const tableRows = {
  ids: table.id,
  predictions: table.p0.map((p0, row) => [p0, table.p1[row], table.p2[row]]),
  sampleWeights: table.w,
  groups: { country: table.country },
  at: table.stamp,
}

interface Sent {
  readonly headers: Record<string, string>
  readonly payload: Buffer | string
}

function input(name: string, shape: readonly number[], datatype: string, bytes: Buffer) {
  return { header: { name, shape, datatype, parameters: { binary_data_size: bytes.length } }, bytes }
}

function textsOf(values: readonly unknown[]): Buffer {
  const texts = values.map((value) => Buffer.from(String(value)))
  const lengths = texts.map(({ length }) => Buffer.from(Uint32Array.of(length).buffer))
  return Buffer.concat(texts.flatMap((text, at) => [lengths[at], text]))
}

function inferenceOf(inputs: readonly ReturnType<typeof input>[]): Sent {
  const header = JSON.stringify({ inputs: inputs.map((each) => each.header) })
  const headers = {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(Buffer.byteLength(header)),
  }
  return { headers, payload: Buffer.concat([Buffer.from(header), ...inputs.map(({ bytes }) => bytes)]) }
}

function doubles(numbers: readonly number[]): Buffer {
  return Buffer.from(Float64Array.from(numbers).buffer)
}

function tableOf(name: string, columns: object): Sent {
  const tableFormat = name.slice(name.lastIndexOf('.') + 1)
  const content = readFileSync(new URL(name, tables))
  return formOf([
    ['tableFormat', tableFormat],
    ['columns', JSON.stringify(columns)],
    ['table', content, 'application/octet-stream'],
  ])
}

const json = 'application/json'
const binary = 'application/octet-stream'
const count = table.id.length
const flat = tableRows.predictions.flat()
const stamps = table.stamp.map((time) => new Date(time).toISOString())
const ofPredictions = {
  ids: 'id',
  predictions: ['p0', 'p1', 'p2'],
  sampleWeights: 'w',
  groups: ['country'],
  at: 'stamp',
}
const ofLabels = { ids: 'id', labels: 'y' }
const numbersAsCsv = tableRows.predictions.map((row) => row.join()).join('\n')
const groupsPart: FormPart = ['groups', JSON.stringify(tableRows.groups), json]

/** The same rows in each format of a body; the lines are a body each. */
const bodies: Readonly<Record<'predictions' | 'labels', Readonly<Record<string, () => Sent>>>> = {
  predictions: {
    'JSON, with times as texts': () => ({
      headers: { 'content-type': json },
      payload: JSON.stringify({ ...tableRows, at: stamps }),
    }),
    'the binary layout': () =>
      inferenceOf([
        input('ids', [count], 'BYTES', textsOf(table.id)),
        input('predictions', [count, 3], 'FP64', doubles(flat)),
        input('sampleWeights', [count], 'FP64', doubles(table.w)),
        input('at', [count], 'INT64', Buffer.from(BigInt64Array.from(table.stamp, BigInt).buffer)),
        input('groups.country', [count], 'BYTES', textsOf(table.country)),
      ]),
    'a form of .npy': () =>
      formOf([
        ['ids', JSON.stringify(table.id)],
        ['predictions', npyOf([count, 3], flat), binary],
        ['sampleWeights', npyOf([count], table.w), binary],
        ['at', npyOf([count], table.stamp, '<i8'), binary],
        groupsPart,
      ]),
    'a form of JSON': () =>
      formOf([
        ['ids', JSON.stringify(table.id), json],
        ['predictions', JSON.stringify(tableRows.predictions), json],
        ['sampleWeights', JSON.stringify(table.w)],
        ['at', JSON.stringify(stamps), json],
        groupsPart,
      ]),
    'a form of CSV': () =>
      formOf([
        ['ids', JSON.stringify(table.id)],
        ['predictions', numbersAsCsv, 'text/csv'],
        ['sampleWeights', table.w.join('\n'), 'text/csv'],
        ['at', table.stamp.join('\n'), 'text/csv'],
        groupsPart,
      ]),
    lines: () => ({
      headers: { 'content-type': 'application/x-ndjson' },
      payload: tableRows.predictions
        .map((row, at) => {
          const own = { ids: [table.id[at]], predictions: [row], sampleWeights: [table.w[at]], at: [table.stamp[at]] }
          return `${JSON.stringify({ ...own, groups: { country: [table.country[at]] } })}\n`
        })
        .join(''),
    }),
  },
  labels: {
    JSON: () => ({
      headers: { 'content-type': json },
      payload: JSON.stringify({ ids: table.id, labels: table.y }),
    }),
    'the binary layout': () =>
      inferenceOf([
        input('ids', [count], 'BYTES', textsOf(table.id)),
        input('labels', [count], 'UINT8', Buffer.from(table.y)),
      ]),
    'a form of .npy': () =>
      formOf([
        ['ids', JSON.stringify(table.id)],
        ['labels', npyOf([count], table.y, '<i8'), binary],
      ]),
    'a form of CSV': () =>
      formOf([
        ['ids', JSON.stringify(table.id)],
        ['labels', table.y.join('\n'), 'text/csv'],
      ]),
    lines: () => ({
      headers: { 'content-type': 'application/x-ndjson' },
      payload: table.id.map((id, at) => `${JSON.stringify({ ids: [id], labels: [table.y[at]] })}\n`).join(''),
    }),
  },
}

test('every body format and every table brings the same content', async (t) => {
  const declared = { ...threeClasses, groupBy: ['country'], window: 'day' }
  await evaluationOf(app, 'formats', { ...declared, join }, [])
  const counts = { received: count, accepted: 0, replayed: count, conflicts: 0, joined: 0 }
  const names = readdirSync(tables).filter((name) => /\.(parquet|arrow|csv)$/.test(name))
  t.ok(names.length >= 15)
  for (const half of ['predictions', 'labels'] as const) {
    const url = `/v1/evaluations/formats/${half}`
    const first = await send(
      app,
      'POST',
      `/formats/${half}`,
      half === 'labels' ? { ids: table.id, labels: table.y } : tableRows,
    )
    t.match(first.body, { received: count, accepted: count, joined: half === 'labels' ? count : 0 })
    for (const [name, bodyOf] of Object.entries(bodies[half])) {
      const isBinary = name === 'the binary layout' && half === 'predictions'
      // its texts cannot be null
      const expected = isBinary ? { ...counts, replayed: table.country.filter((of) => of !== null).length } : counts
      const { body } = await ask(app, { method: 'POST', url, ...bodyOf() })
      t.match(body, { ...expected, conflicts: counts.replayed - expected.replayed }, `${half}: ${name}`)
    }
    for (const name of names) {
      const sent = tableOf(name, half === 'labels' ? ofLabels : ofPredictions)
      t.match((await ask(app, { method: 'POST', url, ...sent })).body, counts, `${half}: ${name}`)
    }
  }
  const { ids: _, at: __, ...rest } = tableRows
  const { window: ___, ...plain } = declared
  t.match((await send(app, 'GET', '/formats')).body, await lossOf(app, { ...rest, labels: table.y }, plain))
})

test('tables of halves: what a table lacks, or has besides', async (t) => {
  await evaluationOf(app, 'halves-of-tables', joined, [])
  const post = async (half: string, csv: string, columns: object, more: FormPart[] = []) => {
    const parts: FormPart[] = [
      ['table', csv, 'text/csv'],
      ['tableFormat', 'csv'],
      ['columns', JSON.stringify(columns)],
      ...more,
    ]
    return ask(app, { method: 'POST', url: `/v1/evaluations/halves-of-tables/${half}`, ...formOf(parts) })
  }
  const drop: FormPart = ['missing', 'drop']
  const csv = 'id,p,q,r,t\n1,0.2,0.7,0.1,2026-12-01T10:00:00+01:00\n,0.2,0.7,0.1,2026-12-01 10:00:00Z\n3,1,0,0,\n'
  const columns = { ids: 'id', predictions: ['p', 'q', 'r'] }
  t.match((await post('predictions', csv, columns)).body, {
    status: 422,
    errors: [{ pointer: '#/table/id/1' }],
  })
  t.match((await post('predictions', csv, columns, [drop])).body, { received: 2, accepted: 2, dropped: 1 })
  const again = await send(app, 'POST', '/halves-of-tables/predictions', {
    ids: ['1', 1],
    predictions: [
      [0.2, 0.7, 0.1],
      [1, 0, 0],
    ],
  })
  t.match(again.body, { replayed: 1, accepted: 1 }, 'a cell of CSV is a text')
  t.match((await post('predictions', csv, { ...columns, at: 't' }, [drop])).body, {
    received: 1,
    conflicts: 1,
    dropped: 2,
  })
  const refused: [string, string, object, string, string][] = [
    ['predictions', 'id,p,q,r,t\n1,1,0,0,2026-12-01 10:00:00\n', { ...columns, at: 't' }, '#/table/t/0', 'unsupported'],
    [
      'predictions',
      'id,p,q,r,t\n1,1,0,0,2026-02-30T10:00:00Z\n',
      { ...columns, at: 't' },
      '#/table/t/0',
      'unsupported',
    ],
    ['predictions', 'id,p,q,r,t\n1,1,0,0,1.5\n', { ...columns, at: 't' }, '#/table/t/0', 'unsupported'],
    ['predictions', 'p,q,r\n1,0,0\n', { predictions: ['p', 'q', 'r'] }, '#/ids', 'missing'],
    ['labels', csv, { ids: 'id', labels: 'p', predictions: 'q' }, '#/predictions', 'unknown-field'],
    ['labels', `id,y\n${'x'.repeat(129)},1\n`, { ids: 'id', labels: 'y' }, '#/ids/0', 'malformed'],
    ['labels', `id,y\n${'x'.repeat(300)},1\n`, { ids: 'id', labels: 'y' }, '#/ids/0', 'wrong-type'],
    ['labels', 'id,y\na,3\n', { ids: 'id', labels: 'y' }, '#/labels/0', 'out-of-range'],
  ]
  for (const [half, content, of, pointer, code] of refused) {
    const { text } = await post(half, content, of, half === 'labels' ? [drop] : [])
    t.match(JSON.parse(text), { status: 422, errors: [{ pointer, code }] })
  }
  const many = `id,y\n${'7,1\n'.repeat(2 ** 17 + 1)}`
  t.match((await post('labels', many, { ids: 'id', labels: 'y' })).body, {
    status: 422,
    detail: /maxJoinRows, 131072: it has 131073/,
  })
  for (const [url, role] of [
    ['/v1/loss', 'ids'],
    ['/v1/loss', 'at'],
  ] as const) {
    const parts: FormPart[] = [
      ['table', csv, 'text/csv'],
      ['tableFormat', 'csv'],
      ['columns', JSON.stringify({ predictions: 'p', labels: 'q', [role]: 'id' })],
    ]
    const { text } = await ask(app, { method: 'POST', url, ...formOf(parts) })
    t.match(JSON.parse(text), { status: 422, errors: [{ pointer: `#/columns/${role}`, code: 'misplaced' }] })
  }
})

test('each line stands alone', async (t) => {
  await evaluationOf(app, 'lines', joined, [])
  await send(app, 'POST', '/lines/predictions', { ids, predictions })
  const answer = await sendLines(app, '/lines/labels', [
    { ids: ['a', 'b'], labels: labels.slice(0, 2) },
    '',
    { ids: ['c', 'd'], labels: [labels[2], 7] },
    { ids: ['e', 'a'], labels: [labels[4], 0] },
    'no JSON',
  ])
  t.match(answer.body, {
    received: 4,
    accepted: 3,
    replayed: 0,
    conflicts: 1,
    joined: 3,
    refused: 2,
    errors: [
      { line: 3, detail: /^Line 3: labels\[1\] is 7; / },
      { id: 'a', index: 1, line: 4, detail: 'The labels of the id "a" were sent before, with other content.' },
      { line: 5, detail: /^Line 5: The line is not valid JSON/ },
    ],
  })
  const some = [0, 1, 4]
  const expected = { predictions: some.map((at) => predictions[at]), labels: some.map((at) => labels[at]) }
  t.match((await send(app, 'GET', '/lines')).body, await lossOf(app, expected))
})

test('groups and weights of the predictions count when the label comes', async (t) => {
  const declared = { ...threeClasses, groupBy: ['country', ['country', 'device']], include: ['metrics', 'confusion'] }
  await evaluationOf(app, 'groups', { ...declared, join }, [])
  const groups = { country: ['KR', 'KR', 'DE', null, 'DE', 'KR'], device: [1, 2, 1, 2, 1, true] }
  const sampleWeights = [1, 2, 0.5, 0, 3, 1]
  const sent = await send(app, 'POST', '/groups/predictions', { ids, predictions, groups, sampleWeights })
  t.match(sent.body, { accepted: 6 })
  for (const at of [3, 5, 0, 2, 4, 1])
    await send(app, 'POST', '/groups/labels', { ids: [ids[at]], labels: [labels[at]] })
  const { body } = await send(app, 'GET', '/groups')
  t.match(body, await lossOf(app, { predictions, labels, groups, sampleWeights }, declared))
  t.match(body, { batches: 6 })
  const without = await send(app, 'POST', '/groups/predictions', { ids, predictions })
  t.match(without.body, { status: 422, errors: [{ pointer: '#/groups' }] })
})

test('the halves that wait are listed, the oldest first', async (t) => {
  await evaluationOf(app, 'waits', joined, [])
  for (const at of [2, 0, 1]) await send(app, 'POST', '/waits/predictions', rows([at], 'predictions'))
  await send(app, 'POST', '/waits/labels', rows([0, 5], 'labels'))
  const idsOf = (body: unknown) => (body as { waiting: { id: unknown }[] }).waiting.map(({ id }) => id)
  const first = await send(app, 'GET', '/waits/waiting?half=predictions&limit=1')
  const { next } = first.body as { next: string }
  const second = await send(app, 'GET', `/waits/waiting?half=predictions&limit=1&after=${next}`)
  t.same([...idsOf(first.body), ...idsOf(second.body)].toSorted(), ['b', 'c'])
  t.notOk('next' in (second.body as object))
  t.same(idsOf((await send(app, 'GET', '/waits/waiting?half=labels')).body), ['f'])
  t.match((await send(app, 'GET', '/waits/waiting')).body, { errors: [{ pointer: '#/half' }] })
  t.match((await send(app, 'GET', '/waits/waiting?half=labels&after=x')).body, {
    errors: [{ pointer: '#/after' }],
  })
})

test('an evaluation takes either batches or halves', async (t) => {
  await evaluationOf(app, 'halves', joined, [])
  await evaluationOf(app, 'batches', threeClasses, [])
  const title = 'The evaluation takes its rows in another way'
  const batch = await send(app, 'PUT', '/halves/batches/b', allRows)
  const noBatches =
    'The evaluation "halves" was declared with join, and takes no batches: send the predictions of its rows to POST .../predictions, and their labels to POST .../labels.'
  t.same(batch.body, problemOf('not-joined', 409, title, noBatches, '/v1/evaluations/halves/batches/b'))
  t.match((await sendLines(app, '/halves/batches', [{ batch: 'b', ...allRows }])).body, { status: 409 })
  const half = await send(app, 'POST', '/batches/labels', rows([0], 'labels'))
  const noHalves =
    'The evaluation "batches" was declared without join, and takes batches: PUT .../batches/NAME. One that takes predictions and labels apart is declared with join, such as {"within": "P30D"}.'
  t.same(half.body, problemOf('not-joined', 409, title, noHalves, '/v1/evaluations/batches/labels'))
  t.match((await send(app, 'GET', '/batches/waiting?half=labels')).body, { status: 409 })
  t.match((await send(app, 'POST', '/none/labels', rows([0], 'labels'))).body, { status: 404 })
})

test('join is part of the declaration', async (t) => {
  await evaluationOf(app, 'declared', joined, [])
  t.equal((await send(app, 'PUT', '/declared', joined)).status, 200)
  const longer = await send(app, 'PUT', '/declared', { ...joined, join: { within: 'P31D' } })
  t.match(longer.body, { status: 409, errors: [{ pointer: '#/join' }] })
  for (const within of ['PT59M', 'P3651D', 'P1M', 'P', 'PT', '30 days', '', 5]) {
    const { status, body } = await send(app, 'PUT', '/never', { ...threeClasses, join: { within } })
    t.equal(status, 422, String(within))
    t.match(body, { errors: [{ pointer: '#/join/within' }] })
  }
  for (const within of ['PT1H', 'P3650D', 'P2W', 'P1DT12H30M5S']) {
    t.equal((await send(app, 'PUT', `/w-${within}`, { ...threeClasses, join: { within } })).status, 201)
  }
})

test('a sealed evaluation answers replays and takes nothing new', async (t) => {
  await evaluationOf(app, 'sealed', joined, [])
  await send(app, 'POST', '/sealed/predictions', rows([0, 1], 'predictions'))
  await send(app, 'PATCH', '/sealed', { status: 'sealed' })
  t.match((await send(app, 'POST', '/sealed/predictions', rows([1], 'predictions'))).body, { replayed: 1 })
  t.match((await send(app, 'POST', '/sealed/labels', rows([1], 'labels'))).body, {
    type: '/problems/sealed',
    status: 409,
  })
})

test('the ETag changes with the halves that wait', async (t) => {
  await evaluationOf(app, 'tagged', joined, [])
  const before = (await send(app, 'GET', '/tagged')).headers.etag
  await send(app, 'POST', '/tagged/predictions', rows([0], 'predictions'))
  const after = await send(app, 'GET', '/tagged')
  t.not(after.headers.etag, before)
  const headers = { 'if-none-match': String(after.headers.etag) }
  t.equal((await app.inject({ url: '/v1/evaluations/tagged', headers })).statusCode, 304)
})

test('joined rows are batches to the lists and the curve', async (t) => {
  await evaluationOf(app, 'listed', joined, [])
  await send(app, 'POST', '/listed/predictions', { ids, predictions })
  await send(app, 'POST', '/listed/labels', rows([0, 1], 'labels'))
  await send(app, 'POST', '/listed/labels', rows([2, 3, 4], 'labels'))
  t.match((await send(app, 'GET', '/listed/batches')).body, {
    batches: [
      { batch: /^joined\.[0-9a-f]{24}$/, sequence: 1, samples: 2 },
      { batch: /^joined\./, sequence: 2, samples: 3 },
    ],
  })
  t.match((await send(app, 'GET', '/listed/curve')).body, { points: [{ samples: 2 }, { cumulative: { samples: 5 } }] })
})

test('a label counts in the window of the time of its row, however late it comes', async (t) => {
  await evaluationOf(app, 'hourly', { ...joined, window: 'hour' }, [])
  const at = [10, 11, 10, 12, 11, 10].map((hour) => Date.UTC(2026, 11, 1, hour, 30))
  await send(app, 'POST', '/hourly/labels', rows([5, 1], 'labels'))
  t.match((await send(app, 'POST', '/hourly/predictions', { ids, predictions, at })).body, { accepted: 6, joined: 2 })
  t.match((await send(app, 'POST', '/hourly/labels', rows([4, 3, 2, 1, 0], 'labels'))).body, { replayed: 1, joined: 4 })
  const { windows } = (await send(app, 'GET', '/hourly/windows')).body as { windows: unknown[] }
  const hours: [number, number, number[]][] = [
    [10, 2, [0, 2, 5]],
    [11, 2, [1, 4]],
    [12, 1, [3]],
  ]
  t.equal(windows.length, 3)
  for (const [place, [hour, batches, own]] of hours.entries()) {
    const of = { predictions: own.map((row) => predictions[row]), labels: own.map((row) => labels[row]) }
    const { spec: _, requestId: __, ...figures } = await lossOf(app, of)
    const [from, to] = [hour, hour + 1].map((each) => `2026-12-01T${each}:00:00.000Z`)
    t.same(windows[place], { from, to, batches, ...figures })
  }
  t.match((await send(app, 'GET', '/hourly?from=2026-12-01T11:00:00Z')).body, {
    batches: 3,
    samples: 3,
    joined: { predictions: 6, labels: 6, joined: 6 },
  })
  t.match((await send(app, 'GET', '/hourly/batches?limit=2')).body, {
    batches: [{ window: '2026-12-01T10:00:00.000Z' }, { window: '2026-12-01T11:00:00.000Z' }],
  })
  t.match((await send(app, 'GET', '/hourly')).body, { ...(await lossOf(app, allRows)), window: 'hour', join })
})

test('whatever an evaluation is declared with is said to belong there', async (t) => {
  await evaluationOf(app, 'of-halves', joined, [])
  await evaluationOf(app, 'of-batches', { loss: 'mse', labelFormat: 'values', outputs: 1 }, [])
  const document = (await app.inject('/openapi.json')).json()
  const schemas: Record<string, { properties?: object }> = document.components.schemas
  const declarations = Object.entries(schemas).filter(([name]) => name.endsWith('EvaluationDeclaration'))
  const fields = new Set(declarations.flatMap(([, { properties = {} }]) => Object.keys(properties)))
  t.ok(fields.has('window') && fields.has('metrics') && fields.has('expectedSamples'))
  for (const field of fields) {
    for (const half of ['predictions', 'labels'] as const) {
      const { body } = await send(app, 'POST', `/of-halves/${half}`, { ...rows([0], half), [field]: null })
      t.match(body, { errors: [{ detail: 'Options belong in the declaration' }] }, `${half} ${field}`)
    }
    const batch = { predictions: [1], labels: [1], [field]: null }
    const { body } = await send(app, 'PUT', '/of-batches/batches/a', batch)
    t.match(body, { errors: [{ detail: 'Options belong in the declaration' }] }, `batch ${field}`)
  }
})

test('a field that a half has no place for is refused, and said where it belongs', async (t) => {
  await evaluationOf(app, 'fields', joined, [])
  const belongs = 'Options belong in the declaration of the evaluation, PUT /v1/evaluations/{evaluation}.'
  for (const [half, field, value, hint] of [
    ['predictions', 'labels', [0], 'Send it with the labels of the rows: POST .../labels.'],
    ['labels', 'predictions', [[1, 0, 0]], 'Send it with the predictions of the rows: POST .../predictions.'],
    ['labels', 'at', [0], 'Send it with the predictions of the rows: POST .../predictions.'],
    ['predictions', 'loss', 'mse', belongs],
    ['labels', 'epsilon', 1e-7, belongs],
    ['labels', 'join', join, belongs],
    ['labels', 'nothing', 1, 'the fields are ids, labels'],
  ] as const) {
    const { status, body } = await send(app, 'POST', `/fields/${half}`, { ...rows([0], half), [field]: value })
    t.equal(status, 422, `${half} ${field}`)
    const { errors } = body as { errors: { pointer: string; detail: string }[] }
    t.match(errors, [{ pointer: `#/${field}` }])
    t.match(errors[0].detail, hint)
  }
  t.match((await send(app, 'GET', '/fields')).body, { joined: { predictions: 0, labels: 0 } })
})
