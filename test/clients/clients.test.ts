import { test } from 'tap'
import { appOf } from '../support.ts'
import { clientOf, complaints, generate } from './generate.ts'

test('the clients of the other generators compile, and do what they are for', async (t) => {
  const app = await appOf(t)
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 })
  await generate(['hey-api', 'orval'], baseUrl)
  t.equal(await complaints(), '')
  // -ln(0.8 + epsilon)
  const loss = 0.22314342631421757
  const problem = /^labels\[0\] is 10/
  const [heyApi, orval] = [await clientOf('hey-api'), await clientOf('orval')]
  t.match(await heyApi.send(baseUrl), { loss, again: loss, problem })
  t.match(await orval.send(), { loss, again: { loss }, binary: { loss: 2, samples: 2 }, problem })
})
