import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { labelFormats, predictionFormats, reductions } from '../loss/formats.ts'
import { losses, lossNames } from '../loss/kernels/index.ts'
import type { Loss } from '../loss/kernels/loss.ts'
import type { OptionName } from '../loss/options.ts'
import { defaultFor, isOptionOf, optionNames, optionOf, typeFor } from '../loss/options.ts'
import { answerOf, problemAnswers } from './answers.ts'

const bound = z.number().optional()
const option = z
  .object({
    name: z.string(),
    kind: z
      .enum([
        'number',
        'integer',
        'boolean',
        'choice',
        'choices',
        'weights',
        'number-or-weights',
        'mini-batch',
        'groupings',
        'thresholds',
        'costs',
      ])
      .meta({
        description:
          'What the option holds: one of `values` (`choice`), a list of them (`choices`), one number per output or sample (`weights`), one number or one per output (`number-or-weights`), a random sample (`mini-batch`), columns and lists of columns (`groupings`), a number of thresholds or a list of them (`thresholds`), two costs (`costs`), or a plain number, integer or boolean.',
      }),
    values: z.array(z.string()).optional().meta({ description: 'The allowed words.' }),
    minimum: bound,
    exclusiveMinimum: bound,
    maximum: bound,
    exclusiveMaximum: bound,
    default: z.unknown().meta({ description: 'The default as a constant; null when the option is off by default.' }),
    defaultByPredictionFormat: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The default under each predictionFormat for which it is different.' }),
    appliesTo: z.string(),
    description: z.string(),
  })
  .meta({ id: 'OptionDescription' })

const catalogue = z
  .object({
    losses: z.array(
      z
        .object({
          name: z.enum(lossNames),
          title: z.string(),
          formula: z.string().meta({
            description: 'Loss l_i of one sample: y is the prediction, t the target, K the number of outputs.',
          }),
          source: z.string(),
          labelFormats: z.array(z.enum(labelFormats)),
          predictionFormats: z.array(z.enum(predictionFormats)).meta({ description: 'The first is the default.' }),
          reduction: z.enum(reductions).meta({ description: 'The default reduction.' }),
          options: z.array(option),
        })
        .meta({ id: 'LossDescription' }),
    ),
  })
  .meta({ id: 'Catalogue', description: 'Every loss function.' })

export async function catalogueRoute(app: FastifyInstance): Promise<void> {
  const answer = { losses: lossNames.map((name) => describe(name)) }
  app.get(
    '/v1/losses',
    {
      schema: {
        operationId: 'listLosses',
        tags: ['Loss'],
        summary: 'List the loss functions',
        description: 'Name, formula, accepted formats and options of every loss function.',
        response: { 200: answerOf(catalogue), ...problemAnswers() },
      },
      config: { examples: { answers: { 200: answer } } },
    },
    async () => answer,
  )
}

function describe(name: (typeof lossNames)[number]): Record<string, unknown> {
  const { title, formula, source, labelFormats, predictionFormats, reduction }: Loss = losses[name]
  const own = optionNames.filter((option) => isOptionOf(option, losses[name]))
  const options = [...own.map((option) => describeOption(option, losses[name])), sampleWeights]
  return { name, title, formula, source, labelFormats, predictionFormats, reduction, options }
}

const sampleWeights = {
  name: 'sampleWeights',
  kind: 'weights',
  default: null,
  appliesTo: 'every evaluation',
  description: 'One weight per sample, s_i.',
}

function describeOption(name: OptionName, loss: Loss): Record<string, unknown> {
  const { appliesTo, description } = optionOf(name)
  const [first, ...others] = loss.predictionFormats
  const standard = defaultFor(name, loss, first) ?? null
  const differing = others
    .map((format) => [format, defaultFor(name, loss, format) ?? null] as const)
    .filter(([, value]) => JSON.stringify(value) !== JSON.stringify(standard))
  return {
    name,
    ...typeFor(name, loss),
    default: standard,
    ...(differing.length > 0 && { defaultByPredictionFormat: Object.fromEntries(differing) }),
    appliesTo,
    description,
  }
}
