import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { appOf } from '../../support.ts'
import { leastOf, longestTurn } from '../../turns.ts'
import { send } from './support.ts'

const app = await appOf(root)
const outputs = 260_000
const crossEntropy = { loss: 'cross-entropy', labelFormat: 'index', outputs }
const weightsOf = (weight: number) => ({ classWeights: new Array(outputs).fill(weight) })

/** The longest turn of some requests at once, where it is measured in the process that sends them. */
async function checkTurn(
  t: Test,
  name: string,
  requests: () => readonly Promise<{ status: number }>[],
  status: number,
) {
  const turn = await leastOf(
    () =>
      longestTurn(async () => {
        for (const answer of await Promise.all(requests())) if (answer.status !== status) t.equal(answer.status, status)
      }),
    40,
  )
  t.ok(turn < 40, `${name}: a turn of ${turn} ms`)
}

test('large declarations take turns, whether they are new, sent again, or differ', async (t) => {
  let count = 0
  const payload = JSON.stringify({ ...crossEntropy, ...weightsOf(0.5) })
  const other = JSON.stringify({ ...crossEntropy, ...weightsOf(0.7) })
  const put = (at: number, body: string) =>
    app
      .inject({
        method: 'PUT',
        url: `/v1/evaluations/large-${at}`,
        headers: { 'content-type': 'application/json' },
        payload: body,
      })
      .then(({ statusCode }) => ({ status: statusCode }))
  const eight = Array.from({ length: 8 }, (_, at) => at)
  await checkTurn(t, 'new', () => eight.map(() => put(count++, payload)), 201)
  await checkTurn(t, 'again', () => eight.map((at) => put(at, payload)), 200)
  await checkTurn(t, 'differ', () => eight.map((at) => put(at, other)), 409)
})

test('what would mend a large declaration is looked for in turns', async (t) => {
  const wrong = { ...crossEntropy, ...weightsOf(0.5), loss: 'cross-entropi', labelFormat: 'indx', reductoin: 'mean' }
  await checkTurn(t, 'wrong', () => [send(app, 'PUT', '/wrong', wrong)], 422)
})
