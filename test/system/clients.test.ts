import { test } from 'tap'
import { clientOf, complaints, generate } from '../clients/generate.ts'
import { appOf } from '../support.ts'

/** -ln(0.8 + epsilon). */
const loss = 0.22314342631421757

test('the client that openapi-typescript makes of the document, with openapi-fetch', async (t) => {
  const app = await appOf(t)
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 })
  await generate(['openapi-fetch'], baseUrl)
  t.equal(await complaints(), '', 'it compiles under strict, and what the service would refuse does not')
  const { send, evaluate } = await clientOf('openapi-fetch')
  t.match(await send(baseUrl), { loss, low: Number, again: loss, stream: 2, problem: /^labels\[0\] is 10/ })
  t.same(await evaluate(baseUrl), {
    outputs: 1,
    sequence: 1,
    replayed: true,
    loss: 2,
    batches: 1,
    status: 'sealed',
    problem: 'The evaluation "by-openapi-fetch" is sealed.',
  })
})
