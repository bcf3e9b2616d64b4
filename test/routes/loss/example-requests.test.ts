import { t as root, test } from 'tap'
import type { NamedExamples } from '../../../src/http/document.ts'
import { lossExamples } from '../../../src/routes/loss/example-requests.ts'
import { matrix } from '../../matrix.ts'
import { appOf, post } from '../../support.ts'

const app = await appOf(root)
const examples: NamedExamples = lossExamples

test('each example shows what its summary says', async (t) => {
  const table: [string, object][] = [
    ['one-hot', { loss: 0.510825457099338, accuracy: 1, samples: 1, outputs: 10 }],
    ['index', { loss: 0.510825457099338, accuracy: 1, samples: 1, outputs: 10 }],
    [
      'batch',
      {
        accuracy: 0.5,
        samples: 4,
        perClass: [{ class: 0 }, { class: 1 }, { class: 2 }],
        confusion: matrix('1 0 0; 0 0 2; 0 0 1'),
      },
    ],
    ['binary', { accuracy: 0.25, correct: 1, samples: 4, outputs: 1 }],
    ['regression', { accuracy: null, weightSum: 5, loss: (0.25 + 0.25 + 0 + 2) / 5 }],
    ['wrong declaration', { status: 422, errors: [{ pointer: '#/labels' }] }],
  ]
  const others = Object.keys(lossExamples).slice(table.length)
  t.same(Object.keys(lossExamples), [...table.map(([name]) => name), ...others])
  t.ok(others.length > 10)
  for (const loss of others) table.push([loss, { lossStatus: 'finite', spec: { loss } }])
  for (const [name, expected] of table)
    t.match((await post(app, '/v1/loss', examples[name].value)).body, expected, name)
})
