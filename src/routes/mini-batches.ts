import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ParsedBody } from '../formats/parsed-body.ts'
import { fixedLimits } from '../http/limits.ts'
import { sendJson } from '../http/send-json.ts'
import { validBody } from '../http/validation.ts'
import { drawRows } from '../loss/sampling.ts'
import { counted } from '../loss/shape.ts'
import { refuse } from '../loss/validation-errors.ts'
import { uniformIntegers } from '../runtime/random.ts'
import { answerOf, bodyProblems, problemAnswers } from './answers.ts'
import { miniBatchOptions } from './loss/option-schemas.ts'
import { exampleId, invalidExample } from './problem-examples.ts'
import { unknownField } from './unknown-field.ts'

const { maxPopulationSize, maxShuffledRows } = fixedLimits

const miniBatchRequest = z
  .strictObject(
    {
      populationSize: z
        .int()
        .min(1)
        .max(maxPopulationSize)
        .meta({
          description: `Number of rows to draw from, numbered 0 to populationSize - 1; without replacement, at most ${maxShuffledRows}.`,
        }),
      ...miniBatchOptions,
    },
    { error: unknownField(['populationSize', ...Object.keys(miniBatchOptions)]) },
  )
  .meta({ id: 'MiniBatchRequest', description: 'A random sample of row numbers.' })

const miniBatchAnswer = z
  .object({
    indices: z.array(z.int().min(0)).meta({ description: 'Row numbers, in the order drawn.' }),
    ...miniBatchRequest.shape,
    requestId: z.string(),
  })
  .meta({ id: 'MiniBatchAnswer', description: 'Describes the rows that `miniBatch` with the same values evaluates.' })

const example = { populationSize: 60000, size: 10, seed: 42, replacement: true }
const exampleAnswer = {
  indices: [56422, 15795, 860, 38158, 54343, 44732, 11284, 54886, 6265, 16850],
  ...example,
  requestId: exampleId,
}

const tooManyRows = invalidExample({
  pointer: '#/size',
  code: 'out-of-range',
  detail: 'size is 20; without replacement, at most 10 rows can be drawn',
  received: 20,
})

/** POST /v1/mini-batches: reproducible sampling, numpy.random.RandomState(42).choice(60000, 10) over HTTP. */
export async function miniBatchRoute(app: FastifyInstance): Promise<void> {
  app.post<{ Body: ParsedBody }>(
    '/v1/mini-batches',
    {
      schema: {
        operationId: 'drawMiniBatch',
        tags: ['Loss'],
        summary: 'Draw the row numbers of a mini-batch',
        description: `The rows that \`miniBatch\` of POST /v1/loss evaluates, for a client that sends only those.

The row numbers are exactly those of NumPy: \`numpy.random.RandomState(seed).choice(populationSize, size, replace=replacement)\`. NumPy guarantees that this sequence does not change.

To draw them without NumPy: the generator is mt19937 seeded with init_genrand(seed). A uniform integer below b is the lowest k bits of a 32-bit output, where k is the bit length of b - 1; outputs are skipped until the value is less than b. For b = 1 the result is 0 and no output is consumed. With replacement, each index is one such integer below populationSize. Without replacement, the integers from 0 to populationSize - 1 are shuffled (Fisher-Yates from the back: for i from populationSize - 1 down to 1, positions i and j are swapped, where j is a uniform integer below i + 1), and the indices are the first \`size\`. Populations larger than ${maxShuffledRows} are therefore refused without replacement.`,
        body: miniBatchRequest,
        response: { 200: answerOf(miniBatchAnswer), ...problemAnswers(...bodyProblems) },
      },
      config: {
        examples: {
          requests: { choice: { summary: 'Ten of 60,000 rows', value: example } },
          answers: { 200: exampleAnswer, 422: tooManyRows },
        },
      },
    },
    async ({ body, id, work: { task, memory } }, reply) => {
      const drawn = validBody(body, miniBatchRequest)
      const { populationSize, size, seed, replacement } = drawn
      if (!replacement && size > populationSize) {
        refuse(
          ['size'],
          `size is ${size}; without replacement, at most ${counted(populationSize, 'row')} can be drawn`,
          size,
          'out-of-range',
        )
      }
      if (!replacement && populationSize > maxShuffledRows) {
        refuse(
          ['populationSize'],
          `populationSize must be at most ${maxShuffledRows} without replacement; received ${populationSize}`,
          populationSize,
          'out-of-range',
        )
      }
      memory.reserve(size * bytesPerAnswer)
      const rows = await task.run(drawRows(populationSize, drawn, uniformIntegers(seed), memory))
      const indices = Array.from(new Uint32Array(rows.buffer, 0, rows.length))
      return sendJson(reply, task, { indices, ...drawn, requestId: id })
    },
  )
}

const bytesPerAnswer = 32
