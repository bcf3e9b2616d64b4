import { test } from 'tap'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import { isDefault, isOptionOf, optionNames, optionOf, optionTable, typeFor } from '../../src/loss/options.ts'
import { resolve } from '../../src/loss/resolve.ts'
import { otherValue } from './option-values.ts'
import { errorsOf } from './support.ts'

test('an option of a loss is one that has an effect under some of its formats, and the others have none', async (t) => {
  for (const name of lossNames) {
    const loss: Loss = losses[name]
    for (const option of optionNames) {
      const isTaken = loss.labelFormats.some((labelFormat) =>
        loss.predictionFormats.some((predictionFormat) => {
          // costs are those at thresholds
          const others = option === 'costs' ? { thresholds: 3 } : {}
          const options = { loss: name, labelFormat, predictionFormat, ...others, [option]: otherValue(option, loss) }
          return errorsOf(() => resolve(options)).length === 0
        }),
      )
      t.equal(isOptionOf(option, loss), isTaken, `${name}, ${option}`)
    }
  }
})

test('a value is a default under any predictionFormat of the loss', async (t) => {
  t.equal(isDefault('logPolicy', 'exact', losses['cross-entropy']), true)
  t.equal(isDefault('logPolicy', 'exact', losses.mse), false)
  t.equal(isDefault('threshold', 0, losses.hinge), true)
  t.equal(isDefault('threshold', 0.5, losses.hinge), false)
  t.equal(isDefault('classWeights', Float64Array.of(1), losses.mse), false)
})

test('an option of kernels is read by those that list it', async (t) => {
  for (const name of optionNames) {
    const takers = lossNames.filter((loss) => (losses[loss].options as readonly string[]).includes(name))
    const { ofKernel, appliesTo: words } = optionOf(name)
    if (ofKernel === undefined) t.same(takers, [], `${name} goes by format`)
    else {
      t.ok(takers.length > 0 && takers.length < lossNames.length, `${name} is read by some`)
      const named = Array.from(words.matchAll(/loss "([^"]+)"/g), ([, loss]) => loss)
      if (named.length > 0) t.same(named, takers, `${name}: ${words}`)
    }
  }
})

test('a type that a loss narrows is of the same kind', async (t) => {
  for (const name of optionNames)
    for (const loss of lossNames) t.equal(typeFor(name, losses[loss]).kind, optionTable[name].type.kind, name)
  t.same(typeFor('threshold', losses.hinge), { kind: 'number' })
  t.same(typeFor('threshold', losses.mse), { kind: 'number', minimum: 0, maximum: 1 })
  t.same(typeFor('predictionFormat', losses.brier), {
    kind: 'choice',
    values: ['probabilities', 'logits', 'log-probabilities'],
  })
})
