// What an answer has besides its figures, by every way in: the same bits, in any order and cut.
import type { DataType } from 'apache-arrow'
import { Dictionary, Float64, Int8, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow'
import { t as root, test } from 'tap'
import { formOf, npyOf } from '../formats/form.ts'
import type { Answered } from '../support.ts'
import { appOf, ask, post } from '../support.ts'
import { send } from './evaluations/support.ts'

const app = await appOf(root)

const count = 48
const rows = Array.from({ length: count }, (_, i) => {
  const p = ((i * 29) % 47) / 48
  return { p, label: (i * i) % 3 === 1 ? 1 : 0, weight: (1 + (i % 4)) / 2, key: ['KR', 'DE', 'FR'][i % 3] }
})

const classes = ['no', '예 "yes"']

/** Two outputs of a row, as probabilities of classes. */
function batchOf(of: readonly (typeof rows)[number][], part: Part) {
  return {
    predictions: of.map(({ p }) => [1 - p, p]),
    labels: of.map(({ label }) => (part === 'classes' ? classes[label] : label)),
    sampleWeights: of.map(({ weight }) => weight),
    groups: { country: of.map(({ key }) => key) },
  }
}

const parts = {
  groups: {},
  thresholds: { thresholds: 7, costs: { falsePositive: 1, falseNegative: 3 } },
  intervals: { include: ['metrics', 'intervals'], topK: 1 },
  classes: { classes, include: ['perClass', 'confusion'], thresholds: 3 },
}
type Part = keyof typeof parts
const names = Object.keys(parts) as Part[]
const require = [{ figure: 'accuracy', atLeast: 0.1, confident: true }]

function optionsOf(part: Part) {
  return { loss: 'cross-entropy', labelFormat: 'index', groupBy: ['country'], ...parts[part] }
}

/** Cut into three batches, the rows in another order. */
function cutsOf(part: Part) {
  return [0, 1, 2].map((rest) =>
    batchOf(
      rows.toReversed().filter((_, at) => at % 3 === rest),
      part,
    ),
  )
}

/** A text as BYTES has it: its length, then it. */
function bytesOf(text: string): Buffer {
  const length = Buffer.alloc(4)
  const bytes = Buffer.from(text)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([length, bytes])
}

function binaryOf(options: object, part: Part) {
  const { predictions, labels, sampleWeights, groups } = batchOf(rows, part)
  const texts = labels.filter((label) => typeof label === 'string')
  const inputs: [name: string, shape: number[], datatype: string, bytes: Buffer][] = [
    ['predictions', [count, 2], 'FP64', Buffer.from(Float64Array.from(predictions.flat()).buffer)],
    texts.length > 0
      ? ['labels', [count], 'BYTES', Buffer.concat(texts.map(bytesOf))]
      : ['labels', [count], 'UINT8', Buffer.from(labels.map(Number))],
    ['sampleWeights', [count], 'FP64', Buffer.from(Float64Array.from(sampleWeights).buffer)],
    ['groups.country', [count], 'BYTES', Buffer.concat(groups.country.map(bytesOf))],
  ]
  const header = Buffer.from(
    JSON.stringify({
      parameters: options,
      inputs: inputs.map(([name, shape, datatype, { length }]) => ({
        name,
        shape,
        datatype,
        parameters: { binary_data_size: length },
      })),
    }),
  )
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
    payload: Buffer.concat([header, ...inputs.map(([, , , bytes]) => bytes)]),
  }
}

function formWith(options: object, part: Part) {
  const { predictions, labels, sampleWeights, groups } = batchOf(rows, part)
  return formOf([
    ['options', JSON.stringify(options), 'application/json'],
    ['predictions', npyOf([count, 2], predictions.flat()), 'application/octet-stream'],
    part === 'classes'
      ? ['labels', JSON.stringify(labels)]
      : ['labels', npyOf([count], labels.map(Number)), 'application/octet-stream'],
    ['sampleWeights', JSON.stringify(sampleWeights)],
    ['groups', JSON.stringify(groups)],
  ])
}

async function evaluated(name: string, options: object, batches: readonly object[]): Promise<void> {
  const { status, text } = await send(app, 'PUT', `/${name}`, { ...options, outputs: 2 })
  if (status !== 201) throw new Error(text)
  for (const [at, batch] of batches.entries()) await send(app, 'PUT', `/${name}/batches/b${at}`, batch)
}

const asked = `require=${encodeURIComponent(JSON.stringify(require))}`

/** What each way in answers; those that are asked for a verdict at another place have it in their address. */
const ways: Record<string, (part: Part) => Promise<Answered>> = {
  JSON: (part) => post(app, '/v1/loss', { ...optionsOf(part), require, ...batchOf(rows, part) }),
  binary: (part) => ask(app, { method: 'POST', url: '/v1/loss', ...binaryOf({ ...optionsOf(part), require }, part) }),
  multipart: (part) =>
    ask(app, { method: 'POST', url: '/v1/loss', ...formWith({ ...optionsOf(part), require }, part) }),
  NDJSON: (part) =>
    ask(app, {
      method: 'POST',
      url: '/v1/loss',
      headers: { 'content-type': 'application/x-ndjson' },
      payload: [{ ...optionsOf(part), require }, ...cutsOf(part)].map((line) => `${JSON.stringify(line)}\n`).join(''),
    }),
  evaluation: async (part) => {
    await evaluated(`one-${part}`, optionsOf(part), cutsOf(part))
    return send(app, 'GET', `/one-${part}?${asked}`)
  },
}

function partOf({ body }: Answered, part: Part): unknown {
  const { groups, thresholds, metrics, intervals, topKAccuracy, perClass, confusion, verdict } = body as Record<
    string,
    unknown
  >
  const named = { thresholds, perClass, confusion }
  return {
    groups,
    verdict,
    ...(part === 'thresholds' && { thresholds }),
    ...(part === 'classes' && named),
    metrics,
    intervals,
    topKAccuracy,
  }
}

for (const part of names) {
  test(`${part}: the same bits in every body, and in an evaluation of three batches`, async (t) => {
    const first = await ways.JSON(part)
    t.equal(first.status, 200)
    const expected = JSON.stringify(partOf(first, part))
    t.match(expected, /"verdict":\{"result":"pass"/)
    t.match(expected, /"groups":\[\{"by":\["country"\]/)
    for (const [name, way] of Object.entries(ways))
      t.equal(JSON.stringify(partOf(await way(part), part)), expected, name)
  })

  test(`${part}: in a total of evaluations`, async (t) => {
    for (const [at, batch] of cutsOf(part).entries()) await evaluated(`total-${part}-${at}`, optionsOf(part), [batch])
    const { body } = await ask(app, { method: 'GET', url: `/v1/evaluations-total?prefix=total-${part}-` })
    const { verdict: _, ...expected } = partOf(await ways.JSON(part), part) as Record<string, unknown>
    const { verdict: none, ...found } = partOf({ body } as Answered, part) as Record<string, unknown>
    t.equal(JSON.stringify(found), JSON.stringify(expected))
    t.equal(none, undefined)
  })

  test(`${part}: a group is its rows alone`, async (t) => {
    const { groups } = (await ways.JSON(part)).body as {
      groups: { groups: { key: { country: string } }[] }[]
    }
    t.equal(groups[0].groups.length, 3)
    for (const { key, ...own } of groups[0].groups) {
      const alone = await post(app, '/v1/loss', {
        ...optionsOf(part),
        groupBy: undefined,
        ...batchOf(
          rows.filter((row) => row.key === key.country),
          part,
        ),
        groups: undefined,
      })
      t.match(alone.body, own, key.country)
    }
  })

  test(`${part}: in a comparison, of both models`, async (t) => {
    const batch = batchOf(rows, part)
    const baseline = batch.predictions.map(([q, p]) => [(q + 1) / 3, (p + 1) / 3])
    const compared = await post(app, '/v1/comparisons', { ...optionsOf(part), ...batch, baseline })
    t.equal(compared.status, 200)
    const { body } = compared as { body: { predictions: object; groups: { groups: object[] }[] } }
    const { groups, verdict: _, ...alone } = partOf(await ways.JSON(part), part) as Record<string, object>
    t.match(body.predictions, JSON.parse(JSON.stringify(alone)))
    const own = (groups as unknown as { groups: object[] }[])[0].groups
    for (const [at, group] of body.groups[0].groups.entries())
      t.match(group, { key: (own[at] as { key: object }).key, predictions: { ...own[at], key: undefined } })
  })
}

test('the curve of one group is that of its rows', async (t) => {
  await evaluated('curve', optionsOf('groups'), cutsOf('groups'))
  const { body } = await send(app, 'GET', `/curve/curve?group=${encodeURIComponent('{"country":"KR"}')}`)
  const { points } = body as { points: { cumulative: { loss: number; samples: number } }[] }
  const alone = await post(app, '/v1/loss', {
    loss: 'cross-entropy',
    labelFormat: 'index',
    ...batchOf(
      rows.filter(({ key }) => key === 'KR'),
      'groups',
    ),
    groups: undefined,
  })
  const { loss, samples } = alone.body as { loss: number; samples: number }
  t.match(points.at(-1), { cumulative: { loss, samples } })
})

test('two evaluations are compared with a verdict', async (t) => {
  for (const name of ['before', 'after']) await evaluated(name, optionsOf('groups'), cutsOf('groups'))
  const margins = encodeURIComponent(JSON.stringify([{ figure: 'loss' }, { figure: 'accuracy' }]))
  const { status, body } = await send(app, 'GET', `/after/comparison?with=before&require=${margins}&failStatus=409`)
  t.equal(status, 200)
  t.match(body, { verdict: { result: 'pass' } })
})

const plain = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  classes,
  include: ['perClass', 'confusion'],
  thresholds: 3,
}
const { predictions, labels } = batchOf(rows, 'classes')

/** What an evaluation of the same rows says with the numbers of classes, with their names put into it. */
async function namedAnswer(): Promise<Record<string, unknown>> {
  const body = { ...plain, classes: undefined, predictions, labels: rows.map(({ label }) => label) }
  const answer = (await post(app, '/v1/loss', body)).body as {
    spec: object
    perClass: { class: number }[]
    thresholds: { perOutput: object[] }
  }
  return {
    ...answer,
    requestId: undefined,
    spec: { ...answer.spec, classes },
    perClass: answer.perClass.map((each) => ({ ...each, class: classes[each.class] })),
    thresholds: { perOutput: answer.thresholds.perOutput.map((each, k) => ({ class: classes[k], ...each })) },
  }
}

/** A table as a part of a form. */
function tableWith(options: Record<string, unknown>, content: Buffer, tableFormat: string) {
  const columns = { predictions: ['p0', 'p1'], labels: 'y' }
  return formOf([
    ['options', JSON.stringify({ ...options, tableFormat, columns }), 'application/json'],
    ['table', content, 'application/octet-stream'],
  ])
}

const columnsOfTable = {
  p0: vectorFromArray(
    predictions.map(([p]) => p),
    new Float64(),
  ),
  p1: vectorFromArray(
    predictions.map(([, p]) => p),
    new Float64(),
  ),
}
const lines = predictions.map(([q, p], i) => `${q},${p},"${String(labels[i]).replaceAll('"', '""')}"`)
const tables = {
  csv: Buffer.from(['p0,p1,y', ...lines].join('\n')),
  'arrow of strings': arrowOf(new Utf8()),
  'arrow of a dictionary': arrowOf(new Dictionary(new Utf8(), new Int8())),
}

function arrowOf(type: DataType): Buffer {
  return Buffer.from(tableToIPC(new Table({ ...columnsOfTable, y: vectorFromArray(labels, type) }), 'stream'))
}

for (const [name, content] of Object.entries(tables)) {
  test(`names of classes in a table, ${name}`, async (t) => {
    const form = tableWith(plain, content, name.split(' ')[0])
    const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', ...form })
    t.equal(status, 200, JSON.stringify(body))
    t.match(body, JSON.parse(JSON.stringify(await namedAnswer())))
  })
}

test('names of classes in a part of CSV', async (t) => {
  const parts: Parameters<typeof formOf>[0] = [
    ['options', JSON.stringify(plain), 'application/json'],
    ['predictions', JSON.stringify(predictions)],
    ['labels', `${labels.map((label) => `"${String(label).replaceAll('"', '""')}"`).join('\n')}\n`, 'text/csv'],
  ]
  const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', ...formOf(parts) })
  t.equal(status, 200, JSON.stringify(body))
  t.match(body, JSON.parse(JSON.stringify(await namedAnswer())))
})

test('names of classes in an inference request', async (t) => {
  const inputs = [
    { name: 'predictions', shape: [count, 2], datatype: 'FP64', data: predictions.flat() },
    { name: 'labels', shape: [count], datatype: 'BYTES', data: labels },
  ]
  const parameters = { labelFormat: 'index', classes }
  const { body: alone } = await post(app, '/v2/models/cross-entropy/infer', { parameters, inputs })
  const { loss } = await namedAnswer()
  const { outputs } = alone as { outputs: { name: string; data: number[] }[] }
  t.strictSame(outputs.find(({ name }) => name === 'loss')?.data, [loss])
})

test('names of classes in labels that come later', async (t) => {
  await send(app, 'PUT', '/later', { ...plain, outputs: 2, join: { within: 'P1D' } })
  const ids = rows.map((_, i) => `row ${i}`)
  await send(app, 'POST', '/later/predictions', { ids, predictions })
  const wrong = await send(app, 'POST', '/later/labels', { ids: ids.slice(0, 2), labels: ['no', '예 "yes"!'] })
  t.equal(wrong.status, 422)
  t.match(wrong.body, { errors: [{ pointer: '#/labels/1', detail: /did you mean "예/ }] })
  const { status } = await send(app, 'POST', '/later/labels', { ids, labels })
  t.equal(status, 200)
  const { requestId: _, ...expected } = JSON.parse(JSON.stringify(await namedAnswer()))
  t.match((await send(app, 'GET', '/later')).body, expected)
})

test('what is required of a group that never comes is refused, in one batch and in an evaluation', async (t) => {
  const figure = 'groups.0.groups.7.accuracy'
  const asked = [{ figure, atLeast: 0 }]
  const one = await post(app, '/v1/loss', { ...optionsOf('groups'), require: asked, ...batchOf(rows, 'groups') })
  await evaluated('never', optionsOf('groups'), cutsOf('groups'))
  const stored = await send(app, 'GET', `/never?require=${encodeURIComponent(JSON.stringify(asked))}&failStatus=409`)
  for (const { status, body } of [one, stored]) {
    t.equal(status, 422)
    t.match(body, { errors: [{ pointer: '#/require/0/figure', received: figure }] })
  }
})
