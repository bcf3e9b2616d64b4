// Two workers against one: node bench/workers.ts, or as a part of npm run bench. BENCH_ROUNDS=3 is quicker.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { processorSeconds, start, stop } from './servers.ts'
import { median } from './statistics.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 12)
const roundMilliseconds = 3000
const clients = 4

/** Uploads of 12 MB of JSON that four clients get done, and what one takes of the processor; a table in Markdown. */
export async function benchWorkers(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const contenders = await Promise.all([1, 2].map((workers) => contender(workers, folder)))
  try {
    // the first round warms up
    for (let round = 0; round <= rounds; round++) for (const { measure } of contenders) await measure(round > 0)
    const [one, two] = contenders.map(({ rates, costs }) => ({ rate: median(rates), cost: median(costs) }))
    return [
      '| 12 MB of JSON, four clients | 1 worker | 2 workers | ratio |',
      '|---|---:|---:|---:|',
      `| uploads | ${one.rate.toFixed(1)} /s | ${two.rate.toFixed(1)} /s | ${(two.rate / one.rate).toFixed(2)} |`,
      `| processor time of one | ${one.cost.toFixed(1)} ms | ${two.cost.toFixed(1)} ms | ${(two.cost / one.cost).toFixed(2)} |`,
    ].join('\n')
  } finally {
    await Promise.all(contenders.map(({ end }) => end()))
    rmSync(folder, { recursive: true })
  }
}

async function contender(workers: number, folder: string) {
  const databaseUrl = `sqlite:${join(folder, `${workers}.sqlite`)}`
  const server = await start('lossmeter', '', [], databaseUrl, { WORKERS: String(workers) })
  // the second worker starts when the first one listens
  while (childrenOf(Number(server.child.pid)).length < (workers === 1 ? 0 : workers)) await setTimeout(50)
  await setTimeout(5000)
  const uploader = fork(join(import.meta.dirname, 'uploader.ts'), [String(server.port), String(clients), 'loss'])
  await once(uploader, 'message')
  const pids = [Number(server.child.pid), ...childrenOf(Number(server.child.pid))]
  const spent = () => pids.reduce((sum, pid) => sum + processorSeconds({ child: { pid } }), 0)
  const rates: number[] = []
  const costs: number[] = []
  const measure = async (counts: boolean) => {
    const [began, before] = [performance.now(), spent()]
    uploader.send('go')
    await setTimeout(roundMilliseconds)
    const paused = once(uploader, 'message')
    uploader.send('pause')
    const [uploads] = await paused
    if (!counts) return
    rates.push((uploads * 1000) / (performance.now() - began))
    costs.push(((spent() - before) * 1000) / uploads)
  }
  const end = () => {
    uploader.kill()
    return stop(server)
  }
  return { rates, costs, measure, end }
}

/** Those that a process has started; none where there is no /proc. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}

if (import.meta.main) process.stdout.write(`${await benchWorkers()}\n`)
