// Bare Fastify that reads the bytes and forgets them: what transport alone costs.
import Fastify from 'fastify'

const app = Fastify({ bodyLimit: 2 ** 26 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('*', (_request, payload, done) => {
  let bytes = 0
  payload.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  payload.on('end', () => done(null, bytes))
})
app.post('/v1/loss', (_request, reply) => {
  reply.type('application/json').send(process.env.ANSWER)
})
// as many bytes as lossmeter answers with
const bytes = Buffer.alloc(2 ** 23)
app.post('/v2/models/:loss/infer', (request, reply) => {
  reply.type('application/octet-stream').send(bytes.subarray(0, Number(request.headers['x-answer-bytes'])))
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
