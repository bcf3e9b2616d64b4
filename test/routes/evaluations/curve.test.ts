import { t as root, test } from 'tap'
import { appOf, post } from '../../support.ts'
import { allRows, batches, evaluationOf, send, threeClasses } from './support.ts'

const app = await appOf(root)

interface Figures {
  readonly samples: number
  readonly loss: number | null
  readonly lossStatus: string
  readonly accuracy: number | null
  readonly standardError: number | null
}
interface Point extends Figures {
  readonly fromSequence: number
  readonly toSequence: number
  readonly cumulative: Figures
}

async function pointsOf(path: string): Promise<Point[]> {
  const { status, body, text } = await send(app, 'GET', path)
  if (status !== 200) throw new Error(text)
  return (body as { points: Point[] }).points
}

/** When each batch came. */
async function timesOf(evaluation: string): Promise<string[]> {
  const { body } = await send(app, 'GET', `/${evaluation}/batches`)
  return (body as { batches: { createdAt: string }[] }).batches.map(({ createdAt }) => createdAt)
}

/** What /v1/loss says of these rows. */
async function figuresOf(rows: object): Promise<Figures> {
  const { body } = await post(app, '/v1/loss', { loss: 'cross-entropy', labelFormat: 'index', ...rows })
  const { samples, loss, lossStatus, accuracy, standardError } = body as Figures
  return { samples, loss, lossStatus, accuracy, standardError }
}

test('each point is what its batches add up to, and all before them', async (t) => {
  await evaluationOf(app, 'curve')
  const firstTwo = { predictions: allRows.predictions.slice(0, 3), labels: allRows.labels.slice(0, 3) }
  const [, second, third] = await timesOf('curve')
  const both = await figuresOf(firstTwo)
  t.same(await pointsOf('/curve/curve?points=2'), [
    { fromSequence: 1, toSequence: 2, createdAt: second, ...both, cumulative: both },
    {
      fromSequence: 3,
      toSequence: 3,
      createdAt: third,
      ...(await figuresOf(batches[2])),
      cumulative: await figuresOf(allRows),
    },
  ])
  const [only, ...others] = await pointsOf('/curve/curve?points=1')
  t.same(others, [])
  t.same([only.fromSequence, only.toSequence, only.cumulative], [1, 3, await figuresOf(allRows)])
  t.equal((await pointsOf('/curve/curve')).length, 3)
})

test('there is no curve of nothing, and no number of points but a sensible one', async (t) => {
  await evaluationOf(app, 'bare', threeClasses, [])
  t.same(await pointsOf('/bare/curve'), [])
  for (const points of ['0', '1001', 'many', '1.5']) {
    const { status, body } = await send(app, 'GET', `/bare/curve?points=${points}`)
    t.equal(status, 422)
    t.match(body, { errors: [{ pointer: '#/points' }] })
  }
  t.equal((await send(app, 'GET', '/nothing/curve')).status, 404)
})
