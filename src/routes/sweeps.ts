import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ParsedBody } from '../formats/parsed-body.ts'
import { fixedLimits } from '../http/limits.ts'
import { sendJson } from '../http/send-json.ts'
import { validBody } from '../http/validation.ts'
import type { Tensors } from '../loss/batch.ts'
import { check, layoutOfAll } from '../loss/batch.ts'
import { labelFormats } from '../loss/formats.ts'
import type { LossName } from '../loss/kernels/index.ts'
import { losses, lossNames, lossTitles } from '../loss/kernels/index.ts'
import type { Loss } from '../loss/kernels/loss.ts'
import { explained, labelFormatMeanings } from '../loss/meanings.ts'
import type { Memory } from '../loss/memory.ts'
import { refuseWithHint } from '../loss/remedies/refuse.ts'
import { resolve } from '../loss/resolve.ts'
import type { Layout } from '../loss/shape.ts'
import type { Spec } from '../loss/spec.ts'
import { sweep, sweepStep } from '../loss/sweep.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import { answerOf, bodyProblems, problemAnswers } from './answers.ts'
import { labelFormatError, labels, predictions } from './loss/schema.ts'
import { exampleId, invalidExample } from './problem-examples.ts'
import { unknownField } from './unknown-field.ts'

const lossesOfLogits = lossNames.filter((name) => (losses[name] as Loss).predictionFormats.includes('logits')) as [
  LossName,
  ...LossName[],
]

const parameter = z
  .discriminatedUnion(
    'name',
    [
      z
        .strictObject({ name: z.literal('temperature') }, { error: unknownField(['name']) })
        .meta({ id: 'Temperature', description: 'All logits are divided by the value.' }),
      z
        .strictObject(
          { name: z.literal('bias'), class: z.int().min(0).meta({ description: 'Index of the output, from 0.' }) },
          { error: unknownField(['name', 'class']) },
        )
        .meta({ id: 'Bias', description: 'The value is added to the logits of one output.' }),
    ],
    { error: noParameter },
  )
  .meta({ description: 'The parameter that is varied.' })

function noParameter({ input }: { readonly input?: unknown }): string {
  return typeof input === 'object' && input !== null
    ? 'must be temperature or bias'
    : 'must be {"name": "temperature"} or {"name": "bias", "class": c}'
}

const shape = {
  loss: z
    .enum(lossesOfLogits)
    .meta({ description: `A loss function that takes logits. ${explained(lossesOfLogits, lossTitles)}` }),
  labelFormat: z.enum(labelFormats).meta({
    description: `How \`labels\` is written; the formats available depend on the loss. ${explained(labelFormats, labelFormatMeanings)}`,
  }),
  predictions: predictions.describe('Logits.'),
  labels,
  parameter,
  values: z
    .array(z.number())
    .min(1)
    .max(fixedLimits.maxSweepValues)
    .meta({
      description: `Values of the parameter; a temperature must be greater than ${sweepStep}. The number of predictions times the number of values is also limited; see /v1/limits.`,
    }),
}
const sweepRequest = z.strictObject(shape, { error: unknownField(Object.keys(shape)) }).meta({
  id: 'SweepRequest',
  description: 'Logits and labels, and the values of one parameter.',
  oneOf: lossesOfLogits.map(withItsFormats),
})

function withItsFormats(name: LossName): Record<string, unknown> {
  const { labelFormats }: Loss = losses[name]
  return {
    title: `loss ${name}`,
    type: 'object',
    properties: { loss: { type: 'string', const: name }, labelFormat: { type: 'string', enum: labelFormats } },
    required: ['loss', 'labelFormat'],
  }
}

type SweepRequest = z.infer<typeof sweepRequest>

const curve = z.array(z.number().nullable())
const sweepAnswer = z
  .object({
    values: z.array(z.number()),
    loss: curve.meta({ description: 'Null if the loss is not finite.' }),
    accuracy: curve,
    lossSlope: curve.meta({ description: `(loss(v + h) - loss(v - h)) / 2h with h = ${sweepStep}.` }),
    accuracySlope: curve.meta({ description: 'The same for the accuracy: 0 unless the accuracy jumps within h.' }),
    step: z.number().meta({ description: 'h of the central differences.' }),
    samples: z.int().min(1),
    outputs: z.int().min(1),
    requestId: z.string(),
  })
  .meta({ id: 'SweepAnswer', description: 'Four curves, in the order of `values`.' })

const example = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: [
    [2.3, 2.1, 4.5],
    [4.2, 3.2, 5.1],
    [1.2, -0.8, -0.5],
  ],
  labels: [1, 2, 0],
  parameter: { name: 'temperature' },
  values: [0.5, 1, 2, 4],
}
const exampleAnswer = {
  values: [0.5, 1, 2, 4],
  loss: [1.6808967075864276, 1.10064178090026, 0.9938326981468235, 1.0178537177400961],
  accuracy: [0.6666666666666666, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666],
  lossSlope: [-2.805802402140456, -0.38572060253483365, -0.004038100314129878, 0.0131290920546423],
  accuracySlope: [0, 0, 0, 0],
  step: sweepStep,
  samples: 3,
  outputs: 3,
  requestId: exampleId,
}

const wrongTemperature = invalidExample({
  pointer: '#/values/0',
  code: 'out-of-range',
  detail: `values[0] is 0; a temperature must be greater than ${sweepStep}`,
  received: 0,
})

/** POST /v1/sweeps: loss and accuracy along one parameter. */
export async function sweepRoute(app: FastifyInstance): Promise<void> {
  app.post<{ Body: ParsedBody }>(
    '/v1/sweeps',
    {
      schema: {
        operationId: 'sweepParameter',
        tags: ['Loss'],
        summary: 'Evaluate loss and accuracy along one parameter, with their slopes',
        description:
          'Shows why training minimises a loss instead of maximising accuracy. Accuracy is a step function of the parameters: its derivative is 0 almost everywhere and gives no direction, whereas the loss responds to every small change. When the temperature varies, the accuracy does not change at all, while the loss has a minimum. When a bias varies, the accuracy jumps where the predicted class of a sample changes, and is flat in between.',
        body: sweepRequest,
        response: { 200: answerOf(sweepAnswer), ...problemAnswers(...bodyProblems) },
      },
      config: {
        examples: {
          requests: { temperature: { summary: 'Three samples at four temperatures', value: example } },
          answers: { 200: exampleAnswer, 422: wrongTemperature },
        },
      },
    },
    async ({ body, id, work }, reply) => {
      const { task, memory } = work
      const request = validBody(body, sweepRequest)
      const { loss, labelFormat, predictions, labels, parameter, values } = request
      if (!(losses[loss] as Loss).labelFormats.includes(labelFormat))
        refuse(
          ['labelFormat'],
          `labelFormat ${labelFormatError(loss, labelFormat)}; received "${labelFormat}"`,
          labelFormat,
          'unknown-value',
        )
      const spec = resolve({ loss, labelFormat, predictionFormat: 'logits' })
      const tensors = { predictions, labels }
      const { batch, layout } = await task.run(checkedBatch(request, spec, tensors, memory))
      const curves = await work.during('fold', () => task.run(sweep(spec, batch, parameter, values, memory)))
      work.evaluates(spec, layout.samples)
      return sendJson(reply, task, { values, ...curves, step: sweepStep, ...layout, requestId: id })
    },
  )
}

function* checkedBatch(request: SweepRequest, spec: Spec, tensors: Tensors, memory: Memory) {
  try {
    const layout = layoutOfAll(spec, tensors)
    checkSweep(request, layout)
    return { batch: yield* check(spec, tensors, layout, memory), layout }
  } catch (error) {
    const checkAnswer = (_spec: Spec, layout: Layout) => checkSweep(request, layout)
    return yield* refuseWithHint(error, { spec, tensors, checkAnswer, memory })
  }
}

function checkSweep(
  { parameter, values }: SweepRequest,
  { samples, outputs }: { samples: number; outputs: number },
): void {
  const { maxSweepEvaluations } = fixedLimits
  if (samples * outputs * values.length > maxSweepEvaluations) {
    const detail = `${samples} x ${outputs} numbers times ${values.length} values are more than the limit maxSweepEvaluations, ${maxSweepEvaluations}`
    throw new LimitExceeded('maxSweepEvaluations', maxSweepEvaluations, ['values'], detail)
  }
  if (parameter.name === 'bias' && parameter.class >= outputs) {
    refuse(
      ['parameter', 'class'],
      `parameter.class is ${parameter.class}; predictions has outputs 0 to ${outputs - 1}`,
      parameter.class,
      'out-of-range',
    )
  }
  const wrong = parameter.name === 'temperature' ? values.findIndex((value) => value <= sweepStep) : -1
  if (wrong >= 0)
    refuse(
      ['values', wrong],
      `values[${wrong}] is ${values[wrong]}; a temperature must be greater than ${sweepStep}`,
      values[wrong],
      'out-of-range',
    )
}
