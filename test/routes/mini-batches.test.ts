import { t as root, test } from 'tap'
import { appOf, post } from '../support.ts'

const url = '/v1/mini-batches'
const app = await appOf(root)

test('the rows that numpy would choose from the same random numbers', async (t) => {
  const request = { populationSize: 60_000, size: 10, seed: 42, replacement: true }
  const indices = [1190, 22419, 23228, 10062, 46378, 3687, 14972, 48276, 38598, 20761]
  t.same((await post(app, url, request)).body, { indices, ...request })
  const { replacement: _, ...rest } = request
  t.same((await post(app, url, rest)).body, { indices, ...request }, 'with replacement by default')
})

test('without replacement the whole population is a permutation', async (t) => {
  const request = { populationSize: 1000, size: 1000, seed: 7, replacement: false }
  const { status, body } = await post(app, url, request)
  const { indices } = body as { indices: number[] }
  t.equal(status, 200)
  t.same(
    indices.toSorted((a, b) => a - b),
    Array.from({ length: 1000 }, (_, row) => row),
  )
  t.notSame(
    indices,
    indices.toSorted((a, b) => a - b),
  )
})

test('a smaller sample without replacement is the beginning of a larger one', async (t) => {
  const draw = async (size: number) => {
    const request = { populationSize: 50, size, seed: 3, replacement: false }
    return ((await post(app, url, request)).body as { indices: number[] }).indices
  }
  t.same((await draw(50)).slice(0, 5), await draw(5))
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

test('the ends of the ranges', async (t) => {
  const table = [
    { populationSize: 1, size: 3, seed: 0, replacement: true },
    { populationSize: 2 ** 31 - 1, size: 2, seed: 2 ** 32 - 1, replacement: true },
    { populationSize: 2 ** 31 - 1, size: 100_000, seed: 5, replacement: false },
  ]
  for (const request of table) {
    const { status, body } = await post(app, url, request)
    const { indices } = body as { indices: number[] }
    t.same([status, indices.length], [200, request.size])
    t.ok(indices.every((row) => Number.isInteger(row) && row >= 0 && row < request.populationSize))
  }
})

const right = { populationSize: 10, size: 2, seed: 1, replacement: true }
const fields = 'the fields are populationSize, size, seed, replacement'
const refusals: [string, unknown, [string, string, unknown][]][] = [
  [
    'more than there is',
    { ...right, size: 11, replacement: false },
    [['#/size', 'size is 11; without replacement only 10 rows can be drawn', 11]],
  ],
  ['no rows', { ...right, size: 0 }, [['#/size', 'size must be at least 1; received 0', 0]]],
  ['too many rows', { ...right, size: 100_001 }, [['#/size', 'size must be at most 100000; received 100001', 100_001]]],
  [
    'too large a population',
    { ...right, populationSize: 2 ** 31 },
    [['#/populationSize', 'populationSize must be at most 2147483647; received 2147483648', 2 ** 31]],
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
    {
      ...right,
      predictions: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      labels: 1,
      sampleWeights: [1, 'x'],
    },
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
