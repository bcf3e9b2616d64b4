import t from 'tap'
import { Evaluation } from '../../../src/loss/evaluation.ts'
import { askedOf, checkOutputs, outputsOf, partsFor } from '../../../src/routes/v2/outputs.ts'
import { outcomeOf } from '../../formats/support.ts'
import { errorsOf, finish, specOf, tensorsOf, unlimited } from '../../loss/support.ts'
import { unaccounted } from '../../unaccounted.ts'

const figures = ['loss', 'accuracy', 'standardError', 'lossSum', 'weightSum', 'samples']

t.test('what a request asks for', async (t) => {
  const all = (isBinary: boolean) => figures.map((name) => ({ name, isBinary }))
  t.strictSame(askedOf({}), { id: undefined, outputs: all(false) })
  t.strictSame(askedOf({ id: '', outputs: [], binaryOutput: true }), { id: '', outputs: all(true) })
  const outputs = [
    { name: 'gradient', parameters: { binary_data: false } },
    { name: 'loss', parameters: {} },
    { name: 'losses' },
  ]
  t.strictSame(askedOf({ outputs, binaryOutput: true }).outputs, [
    { name: 'gradient', isBinary: false },
    { name: 'loss', isBinary: true },
    { name: 'losses', isBinary: true },
  ])
})

t.test('what cannot be asked for is refused with its place', async (t) => {
  const cases: [object, (string | number)[]][] = [
    [{ id: 7 }, ['id']],
    [{ binaryOutput: 'yes' }, ['parameters', 'binary_data_output']],
    [{ outputs: {} }, ['outputs']],
    [{ outputs: [{ name: 'x' }] }, ['outputs', 0, 'name']],
    [{ outputs: [{ name: 'loss' }, { name: 'loss' }] }, ['outputs', 1, 'name']],
    [
      { outputs: [{ name: 'loss', parameters: { classification: 1 } }] },
      ['outputs', 0, 'parameters', 'classification'],
    ],
    [
      { outputs: [{ name: 'loss', parameters: { shared_memory_region: 'a' } }] },
      ['outputs', 0, 'parameters', 'shared_memory_region'],
    ],
    [{ outputs: [{ name: 'loss', shape: [1] }] }, ['outputs', 0, 'shape']],
  ]
  for (const [asked, path] of cases) {
    t.strictSame(
      errorsOf(() => askedOf(asked)).map((error) => error.path),
      [path],
    )
  }
  const many = Array.from({ length: 100_000 }, () => ({ name: 'loss' }))
  t.match(
    outcomeOf(() => askedOf({ outputs: many })),
    { limit: 'maxOptionValues' },
  )
})

t.test('the parts that outputs need', async (t) => {
  const parts = (...names: string[]) => partsFor(askedOf({ outputs: names.map((name) => ({ name })) }))
  t.strictSame(parts(), [])
  t.strictSame(parts('loss'), [])
  t.strictSame(parts('correct'), ['perSample'])
  t.strictSame(parts('gradient', 'losses', 'correct'), ['perSample', 'gradient'])
})

t.test('outputs in JSON are counted, and limited', async (t) => {
  const labels = Array.from({ length: 200_001 }, () => 0)
  const request = {
    loss: 'mse',
    labelFormat: 'values',
    predictions: labels,
    labels,
    include: ['perSample' as const],
  } as const
  const evaluation = new Evaluation(specOf(request), { ...unlimited, memory: unaccounted, isRaw: true })
  finish(evaluation.add(tensorsOf(request)))
  let reserved = 0
  const memory = { reserve: (bytes: number) => (reserved += bytes) } as never
  const steps = (outputs: object[]) => outputsOf(evaluation, askedOf({ outputs }), [200_001], { memory })
  const [loss] = finish(steps([{ name: 'samples' }]))
  t.strictSame(loss, { described: { name: 'samples', datatype: 'INT64', shape: [1], data: [200_001] }, bytes: [] })
  t.equal(reserved, 64)
  t.match(
    outcomeOf(() => finish(steps([{ name: 'loss' }, { name: 'losses' }]))),
    { limit: 'maxAnswerNumbers', path: ['outputs', 1] },
  )
  const [losses] = finish(steps([{ name: 'losses', parameters: { binary_data: true } }]))
  t.strictSame([losses.described.parameters, losses.bytes[0].length], [{ binary_data_size: 8 * 200_001 }, 200_001])
})

t.test('numbers as they are: infinite, undefined, by row, and of the gradient', async (t) => {
  const outputs = ['loss', 'lossSum', 'accuracy', 'samples', 'losses', 'correct', 'gradient'].map((name) => {
    return { name, parameters: { binary_data: true } }
  })
  const found = (request: Parameters<typeof specOf>[0]) => {
    const evaluation = new Evaluation(specOf(request), { ...unlimited, isRaw: true })
    finish(evaluation.add(tensorsOf(request)))
    const written = finish(outputsOf(evaluation, askedOf({ outputs }), [1, 2], { memory: unaccounted as never }))
    t.strictSame(
      written.map(({ described }) => described.shape),
      [[1], [1], [1], [1], [1], [1], [1, 2]],
    )
    return written.map(({ bytes }) => [...bytes[0]])
  }
  const request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    logPolicy: 'exact',
    include: ['perSample', 'gradient'],
    predictions: [[0.25, 0.75]],
    labels: [0],
  } as const
  const { POSITIVE_INFINITY: infinite, NaN: nan } = Number
  const { LN2 } = Math
  t.strictSame(found(request), [[2 * LN2], [2 * LN2], [0], [1], [2 * LN2], [0], [-4, -0]])
  t.strictSame(found({ ...request, predictions: [[0, 1]] }), [
    [infinite],
    [infinite],
    [0],
    [1],
    [infinite],
    [0],
    [nan, nan],
  ])
  t.strictSame(found({ ...request, ignoreIndex: 0 }), [[nan], [0], [nan], [1], [0], [-1], [nan, nan]])
})

t.test('right decisions of labels that are values are refused', async (t) => {
  const asked = askedOf({ outputs: [{ name: 'loss' }, { name: 'correct' }] })
  const detail = 'labels that are values are neither right nor wrong'
  t.strictSame(
    errorsOf(() => checkOutputs(asked, { decision: 'none' })),
    [{ path: ['outputs', 1, 'name'], detail, received: 'correct' }],
  )
  checkOutputs(asked, { decision: 'binary' })
  checkOutputs(askedOf({}), { decision: 'none' })
})
