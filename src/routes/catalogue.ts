import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { labelFormats, predictionFormats, reductions } from '../loss/formats.ts'
import { losses, lossNames } from '../loss/kernels/index.ts'
import type { Loss } from '../loss/kernels/loss.ts'
import type { Meanings } from '../loss/meanings.ts'
import { explained, labelFormatMeanings, predictionFormatMeanings, reductionMeanings } from '../loss/meanings.ts'
import type { OptionType } from '../loss/option-types.ts'
import type { OptionName } from '../loss/options.ts'
import { defaultFor, descriptionOf, isOptionOf, optionNames, optionOf, typeFor } from '../loss/options.ts'
import { answerOf, problemAnswers } from './answers.ts'
import { lossName } from './loss/schema.ts'

type Kind = OptionType['kind']

const kindMeanings: Meanings<Kind> = {
  number: 'a number',
  integer: 'an integer',
  boolean: 'true or false',
  choice: 'one of `values`',
  choices: 'a list of `values`',
  weights: 'one number per output, or per sample',
  'number-or-weights': 'one number, or one per output',
  'mini-batch': 'an object with `size`, `seed` and `replacement`',
  groupings: 'a list of columns, or of lists of columns',
  thresholds: 'a number of thresholds, or a list of them',
  names: 'one string per output',
  costs: 'an object with `falsePositive` and `falseNegative`',
}
const kinds = Object.keys(kindMeanings) as [Kind, ...Kind[]]

const bound = z.number().optional()
const option = z
  .object({
    name: z.string(),
    kind: z.enum(kinds).meta({
      description: `What the option holds. ${explained(kinds, kindMeanings)}`,
    }),
    values: z.array(z.string()).optional().meta({ description: 'The values allowed.' }),
    minimum: bound,
    exclusiveMinimum: bound,
    maximum: bound,
    exclusiveMaximum: bound,
    default: z
      .unknown()
      .meta({ description: 'The default, which is a constant; null if the option is off by default.' }),
    defaultByPredictionFormat: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The defaults under those values of predictionFormat for which it is different.' }),
    appliesTo: z.string(),
    description: z.string(),
  })
  .meta({ id: 'OptionDescription' })

const catalogue = z
  .object({
    losses: z.array(
      z
        .object({
          name: lossName,
          title: z.string(),
          formula: z.string().meta({
            description:
              'Loss l_i of one sample, where y is the prediction, t the target, and K the number of outputs.',
          }),
          source: z.string(),
          labelFormats: z.array(z.enum(labelFormats)).meta({
            description: `The values of labelFormat that the loss takes. ${explained(labelFormats, labelFormatMeanings)}`,
          }),
          predictionFormats: z.array(z.enum(predictionFormats)).meta({
            description: `The values of predictionFormat that the loss takes, the default first. ${explained(predictionFormats, predictionFormatMeanings)}`,
          }),
          reduction: z
            .enum(reductions)
            .meta({ description: `The default of reduction. ${explained(reductions, reductionMeanings)}` }),
          options: z.array(option),
        })
        .meta({ id: 'LossDescription' }),
    ),
  })
  .meta({ id: 'Catalogue', description: 'All loss functions.' })

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
  const { appliesTo } = optionOf(name)
  const type = typeFor(name, loss)
  const [first, ...others] = loss.predictionFormats
  const standard = defaultFor(name, loss, first) ?? null
  const differing = others
    .map((format) => [format, defaultFor(name, loss, format) ?? null] as const)
    .filter(([, value]) => JSON.stringify(value) !== JSON.stringify(standard))
  return {
    name,
    ...type,
    default: standard,
    ...(differing.length > 0 && { defaultByPredictionFormat: Object.fromEntries(differing) }),
    appliesTo,
    description: descriptionOf(name, type),
  }
}
