import { test } from 'tap'
import type { MetricsSource } from '../../src/cluster/merge-metrics.ts'
import { MergedMetrics } from '../../src/cluster/merge-metrics.ts'
import type { MetricsSnapshot } from '../../src/operation/metrics-snapshot.ts'
import { eventually } from '../eventually.ts'
import { counter, gauge } from '../operation/support.ts'

/** The metrics of workers, which tell theirs when the test says so. */
function shared(timeoutMs?: number) {
  const workers = new Set<MetricsSource & { asked: number }>()
  const merged = new MergedMetrics({
    workers: () => workers,
    own: async (silent) => [gauge('silent', silent)],
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  const add = () => {
    const worker: MetricsSource & { asked: number } = {
      asked: 0,
      ask() {
        worker.asked++
      },
    }
    workers.add(worker)
    return worker
  }
  const text = async () => (await merged.scrape()).match(/^\w+ .*$/gm)
  return { workers, merged, add, text }
}

const told = (count: number): MetricsSnapshot => [counter('a_total', count), gauge('b', count)]

test('those who ask at the same time share the answer', async (t) => {
  const { merged, add, text } = shared()
  const [one, other] = [add(), add()]
  const asked = [text(), text()]
  merged.take(one, told(2))
  merged.take(other, told(5))
  for (const answer of asked) t.same(await answer, ['silent 0', 'a_total 7', 'b 7'])
  t.same([one.asked, other.asked], [1, 1])
  const again = text()
  merged.take(one, told(3))
  merged.take(other, told(6))
  t.same(await again, ['silent 0', 'a_total 9', 'b 9'])
})

test('without workers there is what was', async (t) => {
  t.same(await shared().text(), ['silent 0'])
})

test('counters of a worker that ends stay, also when it ends while it is asked', async (t) => {
  const { workers, merged, add, text } = shared(60_000)
  const [one, other] = [add(), add()]
  merged.take(one, told(2))
  workers.delete(one)
  merged.ended(one)
  const asked = text()
  workers.delete(other)
  merged.ended(other)
  t.same(await asked, ['silent 0', 'a_total 2'])
  const third = add()
  const more = text()
  merged.take(third, told(1))
  t.same(await more, ['silent 0', 'a_total 3', 'b 1'])
})

test('a worker that does not tell in time is left out but for what it has counted, and that is said', async (t) => {
  const { merged, add, text } = shared(20)
  const [one, other] = [add(), add()]
  const first = text()
  merged.take(one, told(2))
  merged.take(other, told(5))
  t.same(await first, ['silent 0', 'a_total 7', 'b 7'])
  const second = text()
  merged.take(one, told(3))
  t.same(await second, ['silent 1', 'a_total 8', 'b 3'])
  t.ok(await eventually(() => other.asked === 2))
  merged.take(other, told(6))
  const third = text()
  merged.take(one, told(3))
  merged.take(other, told(6))
  t.same(await third, ['silent 0', 'a_total 9', 'b 9'])
})
