import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { ParsedBody } from '../http/body/parsed-body.ts'
import { fixedLimits } from '../http/limits.ts'
import { validBody } from '../http/validation.ts'
import { unaccounted } from '../loss/memory.ts'
import { drawRows } from '../loss/sampling.ts'
import { counted } from '../loss/shape.ts'
import { refuse } from '../loss/validation-errors.ts'
import { uniformIntegers } from '../runtime/random.ts'
import { inSlices } from '../runtime/time-slices.ts'
import { answerOf, bodyProblems, problemAnswers } from './answers.ts'
import { miniBatchOptions } from './loss/option-schemas.ts'
import { exampleId, invalidExample } from './problem-examples.ts'
import { unknownField } from './unknown-field.ts'

const miniBatchRequest = z
  .strictObject(
    {
      populationSize: z
        .int()
        .min(1)
        .max(fixedLimits.maxPopulationSize)
        .meta({ description: 'Rows to draw from, 0 to populationSize - 1.' }),
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
  .meta({ id: 'MiniBatchAnswer', description: 'The rows that `miniBatch` with the same values evaluates.' })

const example = { populationSize: 60000, size: 10, seed: 42, replacement: true }
const exampleAnswer = {
  indices: [1190, 22419, 23228, 10062, 46378, 3687, 14972, 48276, 38598, 20761],
  ...example,
  requestId: exampleId,
}

const tooManyRows = invalidExample({
  pointer: '#/size',
  detail: 'size is 20; without replacement only 10 rows can be drawn',
  received: 20,
})

/** POST /v1/mini-batches: reproducible sampling, numpy.random.choice(60000, 10) over HTTP. */
export async function miniBatchRoute(app: FastifyInstance): Promise<void> {
  app.post<{ Body: ParsedBody }>(
    '/v1/mini-batches',
    {
      schema: {
        operationId: 'drawMiniBatch',
        tags: ['Loss'],
        summary: 'Draw the row numbers of a mini-batch',
        description: `The rows that \`miniBatch\` of POST /v1/loss evaluates, for a client that sends only those.

Reproducible elsewhere: the generator is mt19937 seeded with init_genrand(seed), as in numpy.random.RandomState(seed). A uniform integer below b takes 32-bit outputs u, as v = u xor 2^31, until v < floor(2^32 / b) b; it is v mod b. With replacement each index is one such integer below populationSize. Without, the indices are the first \`size\` steps of a Fisher-Yates shuffle from the front: step i swaps position i with position i + (a uniform integer below populationSize - i).`,
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
    async ({ body, id }) => {
      const drawn = validBody(body, miniBatchRequest)
      const { populationSize, size, seed, replacement } = drawn
      if (!replacement && size > populationSize) {
        refuse(
          ['size'],
          `size is ${size}; without replacement only ${counted(populationSize, 'row')} can be drawn`,
          size,
        )
      }
      const rows = await inSlices(drawRows(populationSize, drawn, uniformIntegers(seed), unaccounted))
      return { indices: Array.from(rows), ...drawn, requestId: id }
    },
  )
}
