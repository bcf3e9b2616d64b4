import { test } from 'tap'
import type { Remedy } from '../../../src/loss/remedies/remedy.ts'
import type { Refused } from '../../../src/loss/remedies/search.ts'
import { hintFor, remediesFor, trials } from '../../../src/loss/remedies/search.ts'
import { unaccounted } from '../../unaccounted.ts'
import type { Request } from '../support.ts'
import { countSteps, finish, specOf, tensorsOf } from '../support.ts'

function refused(request: Request): Refused {
  return { spec: specOf(request), tensors: tensorsOf(request), checkAnswer: () => undefined, memory: unaccounted }
}

const classes: Request = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.2, 0.8]], labels: [1] }

test('a large batch is looked at and tried in steps, and no number more often than there are trials', async (t) => {
  const rows = 2 ** 16
  const request = {
    ...classes,
    predictions: Array.from({ length: rows }, () => [20, 80]),
    labels: new Array(rows).fill(1),
  }
  const steps = countSteps(hintFor(refused(request)))
  t.ok(steps > 10 && steps < 100, `${steps}`)
})

test('trials are limited, and shared', async (t) => {
  const request = { ...classes, predictions: [[20, 80]] }
  const budget = trials()
  t.same(finish(remediesFor(refused(request), budget)), [{ scale: { predictions: 0.01 } }])
  t.equal(budget.left, trials().left - 1)
  budget.left = 0
  t.same(finish(remediesFor(refused(request), budget)), [])
})

test('where options were declared earlier, they are named and are no remedy of this request', async (t) => {
  const request = { ...classes, predictions: [[2.5, -1]] }
  const { sentence, remedies } = finish(hintFor({ ...refused(request), isDeclared: true }))
  t.match(sentence, 'predictionFormat "logits"')
  t.same(remedies, [])
  const percentages = { ...classes, predictions: [[20, 80]] }
  const scale: Remedy[] = [{ scale: { predictions: 0.01 } }]
  t.same(finish(hintFor({ ...refused(percentages), isDeclared: true })).remedies, scale)
})

test('what an answer could not have is no remedy', async (t) => {
  const request = { ...classes, predictions: [[20, 80]] }
  const tooMuch = () => {
    throw new Error('no refusal of the content')
  }
  t.throws(() => finish(remediesFor({ ...refused(request), checkAnswer: tooMuch }, trials())))
})

test('remedies for what is counted from 1, has the opposite sign, or has one output', async (t) => {
  const two = [
    [0.25, 0.75],
    [0.5, 0.5],
    [0.75, 0.25],
  ]
  const remediesOf = (request: Request) => finish(remediesFor(refused(request), trials()))
  // 0 is left out, and so is what it becomes
  t.same(remediesOf({ ...classes, predictions: two, labels: [1, 2, 0], ignoreIndex: 0 }), [
    { add: { labels: -1 }, set: { ignoreIndex: -1 } },
  ])
  const logs: Request = {
    ...{ loss: 'brier', labelFormat: 'binary', predictionFormat: 'log-probabilities' },
    ...{ predictions: [0.5, 2.5], labels: [1, 0] },
  }
  t.match(finish(hintFor(refused(logs))).sentence, /multiply predictions by -1/)
  const column: Request = { loss: 'focal', labelFormat: 'index', predictions: [[0.25], [0.75]], labels: [0, 1] }
  t.same(remediesOf(column), [{ set: { labelFormat: 'binary' }, flatten: ['predictions'] }])
})
