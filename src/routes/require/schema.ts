import { z } from 'zod'
import { fixedLimits } from '../../http/limits.ts'
import type { MarginRequirement, Requirement } from '../../loss/verdict.ts'
import { results } from '../../loss/verdict.ts'
import { unknownField } from '../unknown-field.ts'

const { maxFigureLength, maxRequirements } = fixedLimits

const figureError = `must be the path of a figure, of at most ${maxFigureLength} characters`
const figure = z
  .string({ error: figureError })
  .min(1, { error: figureError })
  .max(maxFigureLength, { error: figureError })
const bound = z.number({ error: 'must be a number' })
const marginError = 'must be a number >= 0'

const requirementFields = {
  figure: figure.meta({
    description:
      'A number of the answer by its path: `loss`, `accuracy`, `metrics.f1.macro`, `ranking.rocAuc`, `perClass.2.recall`.',
    examples: ['accuracy'],
  }),
  atLeast: bound.optional().meta({ description: 'The minimum.' }),
  atMost: bound.optional().meta({ description: 'The maximum.' }),
  confident: z
    .boolean({ error: 'must be true or false' })
    .optional()
    .meta({ description: 'Whether the whole 95 % interval must be within the bounds, not only the value.' }),
}

const marginFields = {
  figure: figure.meta({
    description: 'What is compared: `loss`, `accuracy`, or another figure of `difference`.',
    examples: ['loss'],
  }),
  margin: z
    .number({ error: marginError })
    .min(0, { error: marginError })
    .optional()
    .meta({ description: 'How much worse than `baseline` `predictions` may be. Default `0`.' }),
}

const requirement = z
  .strictObject(requirementFields, { error: unknownField(Object.keys(requirementFields), [], inComparisons) })
  .meta({ id: 'Requirement', description: 'The bounds of a figure: `atLeast`, `atMost` or both.' })

const marginRequirement = z
  .strictObject(marginFields, { error: unknownField(Object.keys(marginFields), [], inEvaluations) })
  .meta({ id: 'MarginRequirement', description: 'How much worse than the baseline a figure may be.' })

function inComparisons(key: string): string | undefined {
  return key === 'margin' ? 'A margin compares two models: POST /v1/comparisons takes it.' : undefined
}

function inEvaluations(key: string): string | undefined {
  if (!(key in requirementFields)) return undefined
  return 'In a comparison the whole interval of the difference decides; POST /v1/loss takes bounds of one model.'
}

function listOf<Item>(item: z.ZodType<Item>, description: string) {
  const error = `must be a list of 1 to ${maxRequirements} requirements`
  return z.array(item, { error }).min(1, { error }).max(maxRequirements, { error }).meta({ description })
}

/** What an answer must be, for a verdict. */
export const requirements = listOf<Requirement>(
  requirement,
  'Adds `verdict` to the answer: whether it meets the requirements. `require` is not an option of the evaluation, and is not in `spec`.',
)
export const marginRequirements = listOf<MarginRequirement>(
  marginRequirement,
  'Adds `verdict` to the answer: whether `predictions` is worse than `baseline` by at most a margin. `require` is not an option of the evaluation, and is not in `spec`.',
)

const statusError = 'must be a status from 400 to 499'

/** The status of an answer whose verdict is not `pass`. */
export const failStatus = z
  .string({ error: statusError })
  .regex(/^4\d\d$/, { error: statusError })
  .transform(Number)
  .optional()
  .meta({
    type: 'integer',
    minimum: 400,
    maximum: 499,
    description:
      'With `require`: the status of the answer, whose body stays the same, unless the verdict is `pass`. So `curl --fail` is a gate. 409 says nothing else here.',
  })

export const verdictQuery = z.strictObject({ failStatus })
export type VerdictQuery = z.output<typeof verdictQuery>

function inText(name: string) {
  return z
    .string()
    .max(2 ** 15, { error: 'must be at most 32,768 characters of JSON' })
    .optional()
    .meta({
      description: `As JSON: a list of 1 to ${maxRequirements} of the schema ${name}. Adds \`verdict\`.`,
    })
}
export const requireText = inText('Requirement').meta({ examples: ['[{"figure":"accuracy","atLeast":0.9}]'] })
export const marginText = inText('MarginRequirement').meta({ examples: ['[{"figure":"loss","margin":0.01}]'] })

const result = z.enum(results)

/** What was required, and whether it is so. */
export const verdict = z
  .object({
    result: result.meta({
      description:
        '`fail`: at least one requirement fails. `inconclusive`: none fails, but at least one is inconclusive. `pass`: all requirements are met.',
    }),
    requirements: z
      .array(
        z
          .object({
            figure: z.string(),
            result: result.meta({
              description:
                '`pass`: the value (with `confident`, the whole interval) is within the bounds. `fail`: the value is outside the bounds, the whole interval is, or the loss is infinite. `inconclusive`: only a part of the interval is within the bounds, or the value or its interval is null.',
            }),
            value: z
              .number()
              .nullable()
              .meta({ description: 'The value of the figure; in a comparison, its difference.' }),
            interval: z
              .array(z.number())
              .length(2)
              .nullable()
              .meta({ description: 'Its 95 % interval, if the answer has one.' }),
            detail: z.string().meta({ description: 'The result as a sentence.' }),
          })
          .meta({ id: 'JudgedRequirement', description: 'A requirement, and whether it is met.' }),
      )
      .meta({ description: 'In the order of the request.' }),
  })
  .meta({ id: 'Verdict', description: 'With `require`: whether the answer meets the requirements.' })
