import t from 'tap'
import { headerOf, locate, sizeOf } from '../../src/formats/oip-header.ts'
import type { Path } from '../../src/loss/validation-errors.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { DocumentScanner } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import { limits, outcomeOf } from './support.ts'

function headerIn(json: object) {
  const scanner = new DocumentScanner(['labels', 'inputs[].data'], limits(), unaccounted)
  scanner.write(Buffer.from(JSON.stringify(json)))
  return headerOf(finish(scanner.end()), limits())
}

const bytes = { name: 'labels', shape: [2], datatype: 'INT8', parameters: { binary_data_size: 2 } }
const numbers = { name: 'predictions', shape: [2, 3], datatype: 'FP64', data: [1, 2, 3, 4, 5, 6] }

t.test('each input has its numbers as bytes or as data, flat or in rows', async (t) => {
  const rows = matrix('1 2 3; 4 5 6')
  for (const data of [numbers.data, rows]) {
    const { inputs, ...rest } = headerIn({
      id: 'a',
      outputs: [],
      parameters: { x: 1 },
      inputs: [bytes, { ...numbers, data }],
    })
    t.strictSame(rest, { id: 'a', outputs: [], parameters: { x: 1 } })
    t.strictSame(inputs.map(sizeOf), [2, 0])
    t.strictSame([inputs[0].data, [...(inputs[1].data?.data ?? [])]], [undefined, numbers.data])
  }
  t.ok(headerIn({ inputs: [{ ...numbers, shape: [], data: 7 }] }))
  t.ok(headerIn({ inputs: [{ ...numbers, shape: [], data: [7] }] }))
  t.ok(headerIn({ inputs: [{ ...numbers, shape: [0, 3], data: [] }] }))
  // what is no tensor is refused with all that is wrong with the numbers
  t.ok(headerIn({ inputs: [{ ...numbers, data: [[1], [2, 3]] }] }))
})

t.test('what cannot be is refused with its place', async (t) => {
  const cases: [object, Path, string][] = [
    [{ ...numbers, datatype: 'BF16' }, ['inputs', 0, 'datatype'], 'BF16 can be sent as bytes, but not in JSON'],
    [{ ...numbers, shape: [3, 3] }, ['inputs', 0, 'data'], 'data of predictions has 6; shape [3, 3] needs 9 numbers'],
    [
      { ...numbers, shape: [3, 2], data: matrix('1 2 3; 4 5 6') },
      ['inputs', 0, 'data'],
      'data of predictions has shape [2, 3]; shape [3, 2] needs 6 numbers',
    ],
    [
      { ...numbers, shape: [1], data: 7 },
      ['inputs', 0, 'data'],
      'data of predictions has shape []; shape [1] needs 1 numbers',
    ],
  ]
  for (const [input, path, detail] of cases) {
    const error = outcomeOf(() => headerIn({ inputs: [input] }))
    t.ok(error instanceof InvalidContent)
    t.match(error, { errors: { list: [{ path, detail }], count: 1 } }, detail)
  }
})

t.test('places are those in the request: in a list of numbers, a row is where it begins', async (t) => {
  const { inputs } = headerIn({ inputs: [bytes, numbers] })
  const cases: [Path, Path][] = [
    [[], []],
    [['loss'], ['parameters', 'loss']],
    [['sampleWeights', 1], ['inputs']],
    [['labels'], ['inputs', 0]],
    [
      ['labels', 1],
      ['inputs', 0, 'data', 1],
    ],
    [
      ['predictions', 1],
      ['inputs', 1, 'data', 3],
    ],
    [
      ['predictions', 1, 2],
      ['inputs', 1, 'data', 5],
    ],
  ]
  for (const [path, place] of cases) t.strictSame(locate(inputs, path), place)
})
