import { test } from 'tap'
import { topProbability } from '../../../src/loss/numerics/softmax.ts'
import { misses } from '../support.ts'

const ln3 = 1.0986122886681098
test('the largest probability of a row of logits', async (t) => {
  const cases: [name: string, logits: number[], probability: number][] = [
    ['one output is certain', [7], 1],
    ['weights 1 : 3', [0, ln3], 0.75],
    ['weights 3 : 1', [ln3, 0], 0.75],
    ['far out', [800, -800], 1],
    ['an enormous shift changes nothing', [1e300, 1e300], 0.5],
  ]
  for (const [name, logits, probability] of cases) {
    t.same(misses(topProbability(Float64Array.of(9, ...logits, 9), 1, logits.length), probability), [], name)
  }
  for (let outputs = 1; outputs < 100; outputs++) {
    t.equal(topProbability(new Float64Array(outputs).fill(-3), 0, outputs), 1 / outputs, `${outputs} equal logits`)
  }
})
