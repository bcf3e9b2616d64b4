import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { labelFormats, predictionFormats, reductions } from '../loss/formats.ts'
import { losses, lossNames } from '../loss/kernels/index.ts'
import type { Loss } from '../loss/kernels/loss.ts'
import { describeOptions } from '../loss/spec.ts'
import { answerOf, problemAnswers } from './answers.ts'

const catalogue = z
  .object({
    losses: z.array(
      z
        .object({
          name: z.enum(lossNames),
          title: z.string(),
          formula: z.string().meta({ description: 'l_i of one sample: y prediction, t target, K outputs.' }),
          source: z.string(),
          labelFormats: z.array(z.enum(labelFormats)),
          predictionFormats: z.array(z.enum(predictionFormats)).meta({ description: 'The first is the default.' }),
          reduction: z.enum(reductions).meta({ description: 'The default reduction.' }),
          options: z.array(
            z.object({
              name: z.string(),
              default: z
                .unknown()
                .meta({ description: 'The default as a constant; null when the option is off by default.' }),
              appliesTo: z.string(),
            }),
          ),
        })
        .meta({ id: 'LossDescription' }),
    ),
  })
  .meta({ id: 'Catalogue', description: 'Every loss function there is.' })

/** GET /v1/losses: what there is, from the registry. */
export async function catalogueRoute(app: FastifyInstance): Promise<void> {
  const answer = { losses: lossNames.map((name) => describe(name)) }
  app.get(
    '/v1/losses',
    {
      schema: {
        operationId: 'listLosses',
        tags: ['Loss'],
        summary: 'List the loss functions',
        description: 'Name, formula, legal formats and options of every loss function.',
        response: { 200: answerOf(catalogue), ...problemAnswers() },
      },
      config: { examples: { answers: { 200: answer } } },
    },
    async () => answer,
  )
}

function describe(name: (typeof lossNames)[number]): Record<string, unknown> {
  const { title, formula, source, labelFormats, predictionFormats, reduction }: Loss = losses[name]
  return { name, title, formula, source, labelFormats, predictionFormats, reduction, options: describeOptions(name) }
}
