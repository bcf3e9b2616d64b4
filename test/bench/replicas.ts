// Commits of several replicas on one PostgreSQL whose commits take 5 ms: node test/bench/replicas.ts
import pg from 'pg'
import { openStore } from '../../src/database/open.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { batchOf, declareNew } from '../evaluations/support.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const milliseconds = 1000
const counts = [1, 4, 8]
const limits = { maxEvaluations: 1e6, maxBatches: 1e9 }
// in place of the network and the disks of a synchronous standby
const settings = ['fsync=on', 'commit_delay=5000', 'commit_siblings=0']

/** One writer for each replica, each with an evaluation of its own, batch by batch. */
async function benchReplicas(): Promise<string> {
  const ends: (() => unknown)[] = []
  try {
    const server = await PostgresServer.start({ teardown: (end) => ends.push(end) }, settings)
    const url = await server.createDatabase()
    const writers: (() => Promise<unknown>)[] = []
    for (let replica = 0; replica < Math.max(...counts); replica++) {
      const store = await openStore(url, limits)
      ends.push(() => store.close())
      const batch = batchOf(await declareNew(store, 'bench', `run-${replica}`), 'x')
      let at = 0
      writers.push(() => store.putBatches([{ ...batch, name: `step-${at++}` }]))
      for (let warm = 0; warm < 20; warm++) await writers[replica]()
    }
    const client = new pg.Client(url)
    await client.connect()
    ends.push(() => client.end())
    await client.query('CREATE TABLE plain (id BIGINT)')
    const insert = () => client.query('INSERT INTO plain VALUES (1)')
    const groups = [[insert], ...counts.map((count) => writers.slice(0, count))]
    const rates = groups.map((): number[] => [])
    for (let round = 0; round < rounds; round++) {
      for (const [at, group] of groups.entries()) {
        const begin = performance.now()
        let done = 0
        const write = async (put: () => Promise<unknown>) => {
          for (; performance.now() - begin < milliseconds; done++) await put()
        }
        await Promise.all(group.map(write))
        rates[at].push((done * 1000) / (performance.now() - begin))
      }
    }
    const medians = rates.map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)])
    const [plain, one] = medians
    const rows = ['single inserts', ...counts].map((count, at) => {
      const rate = medians[at]
      return `| ${count} | ${rate.toFixed(0)} | ${(rate / plain).toFixed(2)} | ${(rate / one).toFixed(1)} |`
    })
    return ['| replicas | batches/s | of single inserts | of one replica |', '|---:|---:|---:|---:|', ...rows].join(
      '\n',
    )
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

if (import.meta.main) process.stdout.write(`${await benchReplicas()}\n`)
