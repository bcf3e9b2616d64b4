// What it costs to count one request, by Metrics and by prom-client's own histogram and counters with cached children:
// node bench/request-metrics.ts
import { Counter, Histogram } from 'prom-client'
import { Metrics } from '../src/operation/metrics.ts'
import { median } from './statistics.ts'

const rounds = 30
const calls = 20_000
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const load = { requests: 0, bytes: 0, connections: 0 }
const spec = { loss: 'cross-entropy', labelFormat: 'index' }
const requests = ['/v1/loss', '/v1/sweeps'].map((route) => ({
  method: 'POST',
  route,
  status: 200,
  seconds: 0.0004,
  work: { bytes: 200, format: 'json', spec, rows: 1 },
}))
type Request = (typeof requests)[number]

function byPromClient(): (request: Request) => void {
  const registers: never[] = []
  const labelNames = ['route', 'method', 'status']
  const durations = new Histogram({ name: 'a', help: 'a', buckets, labelNames, registers })
  const bytes = new Counter({ name: 'b', help: 'b', labelNames: ['format'], registers })
  const rows = new Counter({ name: 'c', help: 'c', labelNames: ['loss', 'format'], registers })
  const children = cached((route, method, status) => durations.labels(route, method, status))
  const bytesChildren = cached((format) => bytes.labels(format))
  const rowsChildren = cached((loss, format) => rows.labels(loss, format))
  return ({ method, route, status, seconds, work }) => {
    children(route, method, String(status)).observe(seconds)
    bytesChildren(work.format).inc(work.bytes)
    rowsChildren(work.spec.loss, work.spec.labelFormat).inc(work.rows)
  }
}

function cached<Child>(make: (...labels: string[]) => Child): (...labels: string[]) => Child {
  const known = new Map<string, Child>()
  return (...labels) => {
    const key = labels.join(' ')
    const child = known.get(key) ?? make(...labels)
    known.set(key, child)
    return child
  }
}

const metrics = new Metrics(() => load, load)
const contenders: [name: string, count: (request: Request) => void][] = [
  ['Metrics', (request) => metrics.answered(request)],
  ['prom-client, cached children', byPromClient()],
]
const costs = contenders.map((): number[] => [])
for (let round = -10; round < rounds; round++) {
  for (const [at, [, count]] of contenders.entries()) {
    const before = process.cpuUsage()
    for (let call = 0; call < calls; call++) count(requests[call % requests.length])
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) costs[at].push(((user + system) * 1000) / calls)
  }
}
for (const [at, [name]] of contenders.entries())
  process.stdout.write(`${name}: ${median(costs[at]).toFixed(0)} ns a request\n`)
