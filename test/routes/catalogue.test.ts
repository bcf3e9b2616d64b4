import { test } from 'tap'
import { labelFormats, predictionFormats } from '../../src/loss/formats.ts'
import type { LossName } from '../../src/loss/kernels/index.ts'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import type { Loss } from '../../src/loss/kernels/loss.ts'
import type { OptionName } from '../../src/loss/options.ts'
import { defaultFor, isOptionOf, optionNames, optionOf, typeFor } from '../../src/loss/options.ts'
import { appOf, ask, post } from '../support.ts'

interface OptionDescription {
  readonly name: OptionName | 'sampleWeights'
  readonly description: string
  readonly appliesTo: string
  readonly default: unknown
  readonly defaultByPredictionFormat?: Record<string, unknown>
}

interface Catalogue {
  readonly losses: { readonly name: LossName; readonly options: OptionDescription[] }[]
}

test('every loss of the registry with its formula, formats and options', async (t) => {
  const { status, body } = await ask(await appOf(t), { url: '/v1/losses' })
  t.equal(status, 200)
  const entries = (body as Catalogue).losses
  t.same(
    entries.map(({ name }) => name),
    lossNames,
  )
  for (const { name, options, ...facts } of entries) {
    const loss: Loss = losses[name]
    const { title, formula, source, labelFormats: labels, predictionFormats: predictions, reduction } = loss
    t.same(facts, { title, formula, source, labelFormats: labels, predictionFormats: predictions, reduction }, name)
    const own = optionNames.filter((option) => isOptionOf(option, loss))
    t.same(
      options.map((option) => option.name),
      [...own, 'sampleWeights'],
      name,
    )
    for (const { name: option, ...described } of options) {
      t.match(described.description, /[^.]\.$/, option)
      if (option === 'sampleWeights') continue
      const { appliesTo } = optionOf(option)
      t.match(described, { ...typeFor(option, loss), appliesTo }, `${name}, ${option}`)
      for (const format of predictions) {
        const found = described.defaultByPredictionFormat?.[format] ?? described.default
        t.strictSame(found, defaultFor(option, loss, format) ?? null, `${name}, ${option}, ${format}`)
      }
    }
  }
})

/** Numbers of a format, which no other format has if they are logarithms. */
function predictionsOf(format: string): number[][] {
  return [format === 'log-probabilities' ? [-Math.LN2, -Math.LN2] : [0.25, 0.75]]
}

const labelsOf: Record<string, unknown> = {
  'one-hot': [[0, 1]],
  index: [1],
  probabilities: [[0.5, 0.5]],
  binary: [[0, 1]],
  values: [[0.5, 3]],
}

test('what is legal is taken, and nothing else', async (t) => {
  const app = await appOf(t)
  for (const loss of lossNames) {
    const takes: Loss = losses[loss]
    for (const labelFormat of labelFormats) {
      for (const predictionFormat of predictionFormats) {
        const { status, body } = await post(app, '/v1/loss', {
          loss,
          labelFormat,
          predictionFormat,
          predictions: predictionsOf(predictionFormat),
          labels: labelsOf[labelFormat],
        })
        const wrong = [
          ...(takes.labelFormats.includes(labelFormat) ? [] : ['#/labelFormat']),
          ...(takes.predictionFormats.includes(predictionFormat) ? [] : ['#/predictionFormat']),
        ]
        const found = status === 200 ? [] : (body as { errors: { pointer: string }[] }).errors
        t.same(
          found.map(({ pointer }) => pointer),
          wrong,
          `${loss}, ${labelFormat}, ${predictionFormat}`,
        )
      }
    }
  }
})
