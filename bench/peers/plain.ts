// The service as most would build it: Fastify, zod over every number, a loop.
import Fastify from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

const rows = z.array(z.array(z.number()))
const loss = z.literal('cross-entropy')
const body = z.discriminatedUnion('labelFormat', [
  z.object({ loss, labelFormat: z.literal('index'), predictions: rows, labels: z.array(z.int()) }),
  z.object({ loss, labelFormat: z.literal('one-hot'), predictions: rows, labels: rows }),
])
const answer = z.object({ loss: z.number(), accuracy: z.number(), samples: z.int() })

const app = Fastify({ bodyLimit: 2 ** 26 }).withTypeProvider<ZodTypeProvider>()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
app.post('/v1/loss', { schema: { body, response: { 200: answer } } }, async ({ body }) => {
  const { predictions } = body
  let sum = 0
  let correct = 0
  for (let row = 0; row < predictions.length; row++) {
    const label = body.labelFormat === 'index' ? body.labels[row] : body.labels[row].indexOf(1)
    sum -= Math.log(predictions[row][label] + 1e-7)
    let largest = 0
    for (let k = 1; k < predictions[row].length; k++) {
      if (predictions[row][k] > predictions[row][largest]) largest = k
    }
    if (largest === label) correct++
  }
  const samples = predictions.length
  return { loss: sum / samples, accuracy: correct / samples, samples }
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
