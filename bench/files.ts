// A form of .npy files against the binary body of the same numbers, on one server by turns.
import { asBinary, asFiles, makeRows } from './bodies.ts'
import { Connection, timeRequest } from './client.ts'
import { processorSeconds, start, stop } from './servers.ts'
import { interleave, median } from './statistics.ts'

const rounds = { warmUp: 40, measured: 200 }

interface Cost {
  readonly processor: number
  readonly wall: number
}

/** What both cost, in Markdown. */
export async function benchFiles(): Promise<string> {
  const rows = makeRows(60_000)
  const requests = {
    binary: asBinary('binary', rows, 'index'),
    files: asFiles('.npy files', rows),
  }
  const server = await start('lossmeter')
  const connection = await Connection.open(server.port)
  const costs = await interleave<keyof typeof requests, Cost>(['binary', 'files'], rounds, async (name) => {
    const before = processorSeconds(server)
    const wall = await timeRequest(connection, requests[name], server.check)
    return { processor: 1000 * (processorSeconds(server) - before), wall }
  })
  connection.close()
  await stop(server)
  const line = (what: string, of: (cost: Cost) => number) => {
    const [binary, files] = [costs.get('binary'), costs.get('files')].map((list = []) => median(list.map(of)))
    return `| ${what} | ${binary.toFixed(1)} ms | ${files.toFixed(1)} ms | ${(files / binary).toFixed(2)} |`
  }
  return [
    '60,000 x 10 FP64 and INT64 labels, medians:',
    '',
    '| | binary | .npy files | ratio |',
    '|---|---:|---:|---:|',
    line('processor time', ({ processor }) => processor),
    line('time until the answer', ({ wall }) => wall),
  ].join('\n')
}
