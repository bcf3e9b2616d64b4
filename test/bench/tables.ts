// Tables against .npy files of the same numbers, on one server by turns: node test/bench/tables.ts, or as a part of npm run bench.
// BENCH_PYTHON=python3 adds files that pyarrow and DuckDB write, where that Python has both.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { page, parquetFile, run, sized, snappy } from '../formats/parquet-file.ts'
import type { Request } from './bodies.ts'
import { asFiles, asTable, makeRows } from './bodies.ts'
import { Connection, timeRequest } from './client.ts'
import { processorSeconds, start, stop } from './servers.ts'
import { interleave, median } from './statistics.ts'

const samples = 60_000
const rounds = { warmUp: 20, measured: Number(process.env.BENCH_ROUNDS ?? 60) }

type Columns = Readonly<Record<string, Float64Array>>

/** What each costs, in Markdown. */
export async function benchTables(): Promise<string> {
  const rows = makeRows(samples)
  const columns: Columns = {
    ...Object.fromEntries(
      rows.predictions[0].map((_, at) => [`p${at}`, Float64Array.from(rows.predictions, (row) => row[at])]),
    ),
    y: Float64Array.from(rows.labels),
  }
  const requests = new Map([
    ['.npy files', asFiles('.npy files', rows)],
    ...tablesOf(columns).map(([name, file]): [string, Request] => [name, asTable(name, rows, file, formatOf(name))]),
  ])
  const names = [...requests.keys()]
  const server = await start('lossmeter')
  const connection = await Connection.open(server.port)
  const costs = await interleave(names, rounds, async (name) => {
    const before = processorSeconds(server)
    const wall = await timeRequest(connection, requests.get(name) as Request, server.check)
    return { processor: 1000 * (processorSeconds(server) - before), wall }
  })
  connection.close()
  await stop(server)
  const files = costs.get(names[0]) ?? []
  const lines = names.map((name) => {
    const all = costs.get(name) ?? []
    const bytes = (requests.get(name) as Request).bytes / 1e6
    const ratio = median(all.map(({ wall }, round) => wall / files[round].wall))
    const [wall, processor] = [median(all.map(({ wall }) => wall)), median(all.map(({ processor }) => processor))]
    return `| ${name} | ${bytes.toFixed(1)} MB | ${wall.toFixed(1)} ms | ${ratio.toFixed(2)} | ${processor.toFixed(1)} ms |`
  })
  return [
    `60,000 x 10 FP64 and labels, medians:`,
    '',
    '| | bytes | time until the answer | against .npy, round by round | processor time |',
    '|---|---:|---:|---:|---:|',
    ...lines,
  ].join('\n')
}

function formatOf(name: string): string {
  return name.includes('Arrow') || name.endsWith('.arrow') ? 'arrow' : 'parquet'
}

function tablesOf(columns: Columns): [name: string, file: Buffer][] {
  return [
    ['Arrow', Buffer.from(tableToIPC(tableFromArrays(columns), 'file'))],
    ['Parquet, Snappy', parquetOf(columns)],
    ...tablesOfPython(columns),
  ]
}

/** In pages of 20,000 values that may be null, as most programs write them. Such numbers cannot be compressed. */
function parquetOf(columns: Columns): Buffer {
  const inPage = 20_000
  const pagesOf = (values: Float64Array) =>
    Array.from({ length: values.length / inPage }, (_, at) => {
      const part = values.slice(inPage * at, inPage * (at + 1))
      const content = Buffer.concat([sized(run(inPage, 1)), Buffer.from(part.buffer)])
      const packed = snappy(content)
      return page(inPage, packed, { unpacked: content.length })
    })
  const parts = Object.entries(columns).map(([name, values]) => {
    const chunks = [Buffer.concat(pagesOf(values))]
    return { name, repetition: 1, codec: 1, announced: 9 * values.length, chunks }
  })
  return parquetFile(parts, [samples])
}

function tablesOfPython(columns: Columns): [name: string, file: Buffer][] {
  const python = process.env.BENCH_PYTHON
  if (python === undefined) return []
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  try {
    for (const [name, values] of Object.entries(columns)) writeFileSync(join(folder, `${name}.f64`), values)
    execFileSync(python, [join(import.meta.dirname, 'tables.py'), folder])
    const names = readdirSync(folder).filter((name) => extname(name) !== '.f64')
    return names.map((name) => [name, readFileSync(join(folder, name))])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) process.stdout.write(`${await benchTables()}\n`)
