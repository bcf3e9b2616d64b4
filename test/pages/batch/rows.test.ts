import { test } from 'tap'
import { readNpy } from '../../../src/pages/batch/npy.js'
import { rowsOf } from '../../../src/pages/batch/rows.js'
import { npy } from '../npy.ts'

test('rows of JSON, CSV and .npy', async (t) => {
  const text = '{"predictions": [[0.1, 0.9], [1e-3,-2]], "labels": 1}'
  t.same(await rowsOf({ text }, 'predictions', [1, 0, 5]), [['1e-3', '-2'], ['0.1', '0.9'], []])
  t.same(await rowsOf({ text }, 'labels', [0]), [['1']])

  const csv = new File(['a,b\r\n1,2\r\n\r\n3, 4'], 'p.csv')
  const json = { kind: 'json', file: new File(['[0, 1]'], 'l.json') } as const
  const csvFiles = { predictions: { kind: 'csv', file: csv, hasHeader: true } as const, labels: json }
  t.same(await rowsOf({ files: csvFiles }, 'predictions', [1]), [['3', '4']], 'empty lines are no rows')
  t.same(await rowsOf({ files: csvFiles }, 'labels', [1]), [['1']])
  const bare = { predictions: { ...csvFiles.predictions, hasHeader: false }, labels: json }
  t.same(await rowsOf({ files: bare }, 'predictions', [0, 9]), [['a', 'b'], []])

  const file = new File([npy('<f8', [2, 2], Float64Array.of(1, 2, 3, 4))], 'p.npy')
  const array = await readNpy(file, 'p.npy')
  const npyFiles = {
    predictions: { kind: 'npy', file, array } as const,
    labels: { kind: 'npy', file, array: undefined } as const,
  }
  t.same(await rowsOf({ files: npyFiles }, 'predictions', [1]), [['3', '4']])
  t.same(await rowsOf({ files: npyFiles }, 'labels', [1]), [[]], 'an array of a kind that is not read here')
})
