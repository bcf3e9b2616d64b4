import { test } from 'tap'
import { requiredBody } from '../../../src/http/plugins/required-body.ts'
import { bare } from './support.ts'

test('a body that is needed and not parsed is one of no known type', async (t) => {
  const app = bare(t)
  requiredBody(app)
  app.setErrorHandler((error: Error, _request, reply) => reply.code(415).send(error.message))
  app.setValidatorCompiler(() => () => true)
  app.post('/needs', { schema: { body: {} } }, async () => 'fine')
  app.post('/needs-csv', { schema: { body: {} }, config: { accepts: ['text/csv'] } }, async () => 'fine')
  app.post('/needs-none', async () => 'fine')
  const said = async (url: string, payload?: object) =>
    (await app.inject({ method: 'POST', url, ...(payload === undefined ? {} : { payload }) })).body
  t.match(await said('/needs'), 'The request has no Content-Type; this resource takes application/json.')
  t.match(await said('/needs-csv'), 'The request has no Content-Type; this resource takes text/csv.')
  t.equal(await said('/needs', {}), 'fine')
  t.equal(await said('/needs-none'), 'fine')
})
