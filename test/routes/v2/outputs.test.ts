import t from 'tap'
import { Evaluation } from '../../../src/loss/evaluation.ts'
import { askedOf, outputsOf } from '../../../src/routes/v2/outputs.ts'
import { outcomeOf } from '../../formats/support.ts'
import { errorsOf, finish, specOf, tensorsOf, unlimited } from '../../loss/support.ts'
import { unaccounted } from '../../unaccounted.ts'

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
