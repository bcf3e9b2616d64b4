import { test } from 'tap'
import type { WorkerMetrics } from '../../src/cluster/merge-metrics.ts'
import { SharedMetrics } from '../../src/cluster/merge-metrics.ts'
import type { MetricsSnapshot } from '../../src/operation/metrics-snapshot.ts'
import { eventually } from '../eventually.ts'
import { counter, gauge } from '../operation/support.ts'

/** The metrics of workers, which tell theirs when the test says so. */
function shared(patience?: number) {
  const workers = new Set<WorkerMetrics & { asked: number }>()
  const metrics = new SharedMetrics({
    workers: () => workers,
    own: async (silent) => [gauge('silent', silent)],
    ...(patience !== undefined && { patience }),
  })
  const add = () => {
    const worker: WorkerMetrics & { asked: number } = {
      asked: 0,
      ask() {
        worker.asked++
      },
    }
    workers.add(worker)
    return worker
  }
  const text = async () => (await metrics.scrape()).match(/^\w+ .*$/gm)
  return { workers, metrics, add, text }
}

const told = (count: number): MetricsSnapshot => [counter('a_total', count), gauge('b', count)]

test('those who ask at the same time share the answer', async (t) => {
  const { metrics, add, text } = shared()
  const [one, other] = [add(), add()]
  const asked = [text(), text()]
  metrics.told(one, told(2))
  metrics.told(other, told(5))
  for (const answer of asked) t.same(await answer, ['silent 0', 'a_total 7', 'b 7'])
  t.same([one.asked, other.asked], [1, 1])
  const again = text()
  metrics.told(one, told(3))
  metrics.told(other, told(6))
  t.same(await again, ['silent 0', 'a_total 9', 'b 9'])
})

test('without workers there is what was', async (t) => {
  t.same(await shared().text(), ['silent 0'])
})

test('counters of a worker that ends stay, also when it ends while it is asked', async (t) => {
  const { workers, metrics, add, text } = shared(60_000)
  const [one, other] = [add(), add()]
  metrics.told(one, told(2))
  workers.delete(one)
  metrics.ended(one)
  const asked = text()
  workers.delete(other)
  metrics.ended(other)
  t.same(await asked, ['silent 0', 'a_total 2'])
  const third = add()
  const more = text()
  metrics.told(third, told(1))
  t.same(await more, ['silent 0', 'a_total 3', 'b 1'])
})

test('a worker that does not tell in time is left out but for what it has counted, and that is said', async (t) => {
  const { metrics, add, text } = shared(20)
  const [one, other] = [add(), add()]
  const first = text()
  metrics.told(one, told(2))
  metrics.told(other, told(5))
  t.same(await first, ['silent 0', 'a_total 7', 'b 7'])
  const second = text()
  metrics.told(one, told(3))
  t.same(await second, ['silent 1', 'a_total 8', 'b 3'])
  t.ok(await eventually(() => other.asked === 2))
  metrics.told(other, told(6))
  const third = text()
  metrics.told(one, told(3))
  metrics.told(other, told(6))
  t.same(await third, ['silent 0', 'a_total 9', 'b 9'])
})
