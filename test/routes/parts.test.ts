// What an answer has besides its figures, by every way in: the same bits, in any order and cut.
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

/** Two outputs of a row, as probabilities of classes. */
function batchOf(of: readonly (typeof rows)[number][]) {
  return {
    predictions: of.map(({ p }) => [1 - p, p]),
    labels: of.map(({ label }) => label),
    sampleWeights: of.map(({ weight }) => weight),
    groups: { country: of.map(({ key }) => key) },
  }
}

const parts = {
  groups: {},
  thresholds: { thresholds: 7, costs: { falsePositive: 1, falseNegative: 3 } },
  intervals: { include: ['metrics', 'intervals'], topK: 1 },
}
type Part = keyof typeof parts
const names = Object.keys(parts) as Part[]
const require = [{ figure: 'accuracy', atLeast: 0.1, confident: true }]

function optionsOf(part: Part) {
  return { loss: 'cross-entropy', labelFormat: 'index', groupBy: ['country'], ...parts[part] }
}

/** Cut into three batches, the rows in another order. */
const cuts = [0, 1, 2].map((rest) => batchOf(rows.toReversed().filter((_, at) => at % 3 === rest)))

/** A text as BYTES has it: its length, then it. */
function bytesOf(text: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, Buffer.from(text)])
}

function binaryOf(options: object) {
  const { predictions, labels, sampleWeights, groups } = batchOf(rows)
  const inputs: [name: string, shape: number[], datatype: string, bytes: Buffer][] = [
    ['predictions', [count, 2], 'FP64', Buffer.from(Float64Array.from(predictions.flat()).buffer)],
    ['labels', [count], 'UINT8', Buffer.from(labels)],
    ['sampleWeights', [count], 'FP64', Buffer.from(Float64Array.from(sampleWeights).buffer)],
    ['groups.country', [count], 'BYTES', Buffer.concat(groups.country.map(bytesOf))],
  ]
  const header = JSON.stringify({
    parameters: options,
    inputs: inputs.map(([name, shape, datatype, { length }]) => ({
      name,
      shape,
      datatype,
      parameters: { binary_data_size: length },
    })),
  })
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(header.length) },
    payload: Buffer.concat([Buffer.from(header), ...inputs.map(([, , , bytes]) => bytes)]),
  }
}

function formWith(options: object) {
  const { predictions, labels, sampleWeights, groups } = batchOf(rows)
  return formOf([
    ['options', JSON.stringify(options), 'application/json'],
    ['predictions', npyOf([count, 2], predictions.flat()), 'application/octet-stream'],
    ['labels', npyOf([count], labels), 'application/octet-stream'],
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
  JSON: (part) => post(app, '/v1/loss', { ...optionsOf(part), require, ...batchOf(rows) }),
  binary: (part) => ask(app, { method: 'POST', url: '/v1/loss', ...binaryOf({ ...optionsOf(part), require }) }),
  multipart: (part) => ask(app, { method: 'POST', url: '/v1/loss', ...formWith({ ...optionsOf(part), require }) }),
  NDJSON: (part) =>
    ask(app, {
      method: 'POST',
      url: '/v1/loss',
      headers: { 'content-type': 'application/x-ndjson' },
      payload: [{ ...optionsOf(part), require }, ...cuts].map((line) => `${JSON.stringify(line)}\n`).join(''),
    }),
  evaluation: async (part) => {
    await evaluated(`one-${part}`, optionsOf(part), cuts)
    return send(app, 'GET', `/one-${part}?${asked}`)
  },
}

function partOf({ body }: Answered, part: Part): unknown {
  const { groups, thresholds, metrics, intervals, topKAccuracy, verdict } = body as Record<string, unknown>
  return { groups, verdict, ...(part === 'thresholds' && { thresholds }), metrics, intervals, topKAccuracy }
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
    for (const [at, batch] of cuts.entries()) await evaluated(`total-${part}-${at}`, optionsOf(part), [batch])
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
        ...batchOf(rows.filter((row) => row.key === key.country)),
        groups: undefined,
      })
      t.match(alone.body, own, key.country)
    }
  })

  test(`${part}: in a comparison, of both models`, async (t) => {
    const batch = batchOf(rows)
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
  await evaluated('curve', optionsOf('groups'), cuts)
  const { body } = await send(app, 'GET', `/curve/curve?group=${encodeURIComponent('{"country":"KR"}')}`)
  const { points } = body as { points: { cumulative: { loss: number; samples: number } }[] }
  const alone = await post(app, '/v1/loss', {
    loss: 'cross-entropy',
    labelFormat: 'index',
    ...batchOf(rows.filter(({ key }) => key === 'KR')),
    groups: undefined,
  })
  const { loss, samples } = alone.body as { loss: number; samples: number }
  t.match(points.at(-1), { cumulative: { loss, samples } })
})

test('two evaluations are compared with a verdict', async (t) => {
  for (const name of ['before', 'after']) await evaluated(name, optionsOf('groups'), cuts)
  const margins = encodeURIComponent(JSON.stringify([{ figure: 'loss' }, { figure: 'accuracy' }]))
  const { status, body } = await send(app, 'GET', `/after/comparison?with=before&require=${margins}&failStatus=409`)
  t.equal(status, 200)
  t.match(body, { verdict: { result: 'pass' } })
})
