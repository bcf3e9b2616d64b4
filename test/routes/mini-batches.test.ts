import { t as root, test } from 'tap'
import { matrix } from '../matrix.ts'
import { appOf, post } from '../support.ts'

const url = '/v1/mini-batches'
// the largest shuffle may take long on a busy machine
const app = await appOf(root, { MAX_COMPUTE_MS: '120000' })

test('the rows of numpy.random.RandomState(42).choice(60000, 10)', async (t) => {
  const request = { populationSize: 60_000, size: 10, seed: 42, replacement: true }
  const indices = [56422, 15795, 860, 38158, 54343, 44732, 11284, 54886, 6265, 16850]
  t.same((await post(app, url, request)).body, { indices, ...request })
  const { replacement: _, ...rest } = request
  t.same((await post(app, url, rest)).body, { indices, ...request }, 'with replacement by default')
})

test('the rows of numpy.random.RandomState(42).choice(60000, 10, replace=False)', async (t) => {
  const request = { populationSize: 60_000, size: 10, seed: 42, replacement: false }
  const indices = [12628, 37730, 39991, 8525, 8279, 51012, 14871, 15127, 9366, 33322]
  t.same((await post(app, url, request)).body, { indices, ...request })
})

test('the rows are those that miniBatch of /v1/loss evaluates', async (t) => {
  const values = Array.from({ length: 40 }, (_, row) => 2 ** row)
  for (const replacement of [true, false]) {
    const sample = { size: 6, seed: 11, replacement }
    const drawn = await post(app, url, { populationSize: 40, ...sample })
    const evaluated = await post(app, '/v1/loss', {
      loss: 'mae',
      labelFormat: 'values',
      predictions: values,
      labels: values.map(() => 0),
      miniBatch: sample,
      reduction: 'none',
    })
    t.same(
      (evaluated.body as { losses: number[] }).losses,
      (drawn.body as { indices: number[] }).indices.map((row) => values[row]),
    )
  }
})

test('the ends of the ranges, as NumPy draws them', async (t) => {
  const table: [request: Record<string, unknown>, indices: number[]][] = [
    [{ populationSize: 1, size: 3, seed: 0, replacement: true }, [0, 0, 0]],
    [{ populationSize: 1, size: 1, seed: 0, replacement: false }, [0]],
    [{ populationSize: 2 ** 32, size: 3, seed: 2 ** 32 - 1, replacement: true }, [419326371, 479346978, 3918654476]],
    [{ populationSize: 2 ** 24, size: 4, seed: 42, replacement: false }, [810991, 4197060, 13427113, 12553399]],
  ]
  for (const [request, indices] of table) {
    const { status, body } = await post(app, url, request)
    t.same([status, body], [200, { indices, ...request }])
  }
})

test('a list and an answer of 100,000 rows', async (t) => {
  const request = { populationSize: 2 ** 31 - 1, size: 100_000, seed: 5 }
  const { status, body } = await post(app, url, request)
  const { indices } = body as { indices: number[] }
  t.same([status, indices.length], [200, 100_000])
  t.ok(indices.every((row) => Number.isInteger(row) && row >= 0 && row < request.populationSize))
})

const right = { populationSize: 10, size: 2, seed: 1, replacement: true }
const fields = 'the fields are populationSize, size, seed, replacement'
const refusals: [string, unknown, [string, string, unknown][]][] = [
  [
    'more than there is',
    { ...right, size: 11, replacement: false },
    [['#/size', 'size is 11; without replacement, at most 10 rows can be drawn', 11]],
  ],
  ['no rows', { ...right, size: 0 }, [['#/size', 'size must be at least 1; received 0', 0]]],
  ['too many rows', { ...right, size: 100_001 }, [['#/size', 'size must be at most 100000; received 100001', 100_001]]],
  [
    'too large a population',
    { ...right, populationSize: 2 ** 32 + 1 },
    [['#/populationSize', 'populationSize must be at most 4294967296; received 4294967297', 2 ** 32 + 1]],
  ],
  [
    'too large a population to shuffle',
    { ...right, populationSize: 2 ** 24 + 1, replacement: false },
    [
      [
        '#/populationSize',
        'populationSize must be at most 16777216 without replacement; received 16777217',
        2 ** 24 + 1,
      ],
    ],
  ],
  ['negative seed', { ...right, seed: -1 }, [['#/seed', 'seed must be at least 0; received -1', -1]]],
  [
    'large seed',
    { ...right, seed: 2 ** 32 },
    [['#/seed', 'seed must be at most 4294967295; received 4294967296', 2 ** 32]],
  ],
  ['fractions', { ...right, size: 1.5 }, [['#/size', 'size must be an integer; received 1.5', 1.5]]],
  [
    'a word for a switch',
    { ...right, replacement: 'yes' },
    [['#/replacement', 'replacement must be true or false; received "yes"', 'yes']],
  ],
  ['a typo', { ...right, sede: 1 }, [['#/sede', `"sede" is not a recognised field; ${fields}`, 1]]],
  [
    'numbers',
    { ...right, predictions: matrix('1 2; 3 4; 5 6'), labels: 1, sampleWeights: [1, 'x'] },
    [
      ['#/predictions', `"predictions" is not a recognised field; ${fields}`, 'an array of 3 arrays of 2 numbers'],
      ['#/labels', `"labels" is not a recognised field; ${fields}`, 1],
      ['#/sampleWeights', `"sampleWeights" is not a recognised field; ${fields}`, 'an array of 2 numbers'],
    ],
  ],
  [
    'arrays that are no tensor, and scalars that are no number',
    { ...right, predictions: [[1], [2, 3]], labels: null, sampleWeights: 'x' },
    [
      ['#/predictions', `"predictions" is not a recognised field; ${fields}`, 'an array'],
      ['#/labels', `"labels" is not a recognised field; ${fields}`, 'null'],
      ['#/sampleWeights', `"sampleWeights" is not a recognised field; ${fields}`, 'a string'],
    ],
  ],
  [
    'nothing',
    {},
    ['populationSize', 'size', 'seed'].map((name) => [
      `#/${name}`,
      `${name} is missing; it must be a number`,
      'nothing',
    ]),
  ],
]

for (const [name, request, expected] of refusals) {
  test(`refused: ${name}`, async (t) => {
    const { status, body } = await post(app, url, request)
    t.equal(status, 422)
    const errors = expected.map(([pointer, detail, received]) => ({ pointer, detail, received }))
    t.match(body, { type: '/problems/invalid-content', errorCount: errors.length })
    t.same((body as { errors: unknown }).errors, errors)
  })
}
