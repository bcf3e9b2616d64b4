// Bare Fastify that calls JSON.parse and looks at nothing: what any service in JavaScript pays at least.
import Fastify from 'fastify'

const app = Fastify({ bodyLimit: 2 ** 26 })
app.removeAllContentTypeParsers()
app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, text, done) => {
  done(null, JSON.parse(text as string))
})
app.addContentTypeParser('application/x-ndjson', { parseAs: 'string' }, (_request, text, done) => {
  const lines = (text as string).trimEnd().split('\n')
  done(
    null,
    lines.map((line) => JSON.parse(line)),
  )
})
app.post('/v1/loss', (_request, reply) => {
  reply.type('application/json').send(process.env.ANSWER)
})
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
