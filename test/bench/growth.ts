// What a request costs against its size, as a table in Markdown and as the picture of the README.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Request } from './bodies.ts'
import { asBinary, asJson, makeRows } from './bodies.ts'
import { Connection, timeRequest } from './client.ts'
import { throughput } from './measures.ts'
import type { Server } from './servers.ts'
import { processorSeconds, start, stop } from './servers.ts'
import { interleave, median } from './statistics.ts'

const picture = join(import.meta.dirname, '../../.github/growth.svg')
/** Numbers of one body, however many outputs its rows have. */
const numbers = 200_000
const windowMilliseconds = 400

interface Point {
  readonly at: number
  /** Milliseconds of processor time of a request. */
  readonly cost: number
}

interface Chart {
  readonly title: string
  readonly axis: string
  readonly lines: ReadonlyMap<string, readonly Point[]>
}

/** Measures, writes the picture, and returns the tables. */
export async function benchGrowth(rounds: number): Promise<string> {
  const server = await start('lossmeter')
  const rows = await costs(server, rounds, [1, 10, 100, 1000, 10_000, 100_000, 1_000_000], (samples) => ({
    JSON: samples > 200_000 ? undefined : asJson('JSON', makeRows(samples, { digits: 8 }), 'index'),
    binary: asBinary('binary', makeRows(samples, { outputs: samples > 200_000 ? 5 : 10 }), 'index'),
  }))
  const outputs = await costs(server, rounds, [2, 10, 100, 1000, 10_000], (count) => {
    const made = makeRows(numbers / count, { outputs: count, digits: 8 })
    return { JSON: asJson('JSON', made, 'index'), binary: asBinary('binary', made, 'index') }
  })
  const connections = await perConnections(server, rounds, [1, 2, 4, 8, 16, 32, 64])
  await stop(server)
  const charts: Chart[] = [
    { title: 'rows of 10', axis: 'rows of a body', lines: rows },
    { title: `${numbers.toLocaleString('en')} numbers`, axis: 'outputs of a row', lines: outputs },
    { title: 'one row at a time', axis: 'connections', lines: connections },
  ]
  await writeFile(picture, svgOf(charts))
  return charts.map(tableOf).join('\n\n')
}

/** The processor time of one request of each size. */
async function costs(
  server: Server,
  rounds: number,
  sizes: readonly number[],
  requestsOf: (size: number) => Record<string, Request | undefined>,
): Promise<Map<string, Point[]>> {
  const lines = new Map<string, Point[]>()
  for (const size of sizes) {
    const requests = Object.entries(requestsOf(size)).flatMap(([name, request]) =>
      request === undefined ? [] : [[name, request] as const],
    )
    const byName = new Map(requests)
    const connection = await Connection.open(server.port)
    // small requests many times, so that the clock of the processor can tell
    const times = Math.max(1, Math.round(2000 / (1 + size / 2)))
    const measured = await interleave([...byName.keys()], { warmUp: 2, measured: rounds }, async (name) => {
      const before = processorSeconds(server)
      for (let i = 0; i < times; i++) await timeRequest(connection, byName.get(name) as Request, server.check)
      return ((processorSeconds(server) - before) * 1000) / times
    })
    connection.close()
    for (const [name, list] of measured) {
      const line = lines.get(name) ?? []
      line.push({ at: size, cost: median(list) })
      lines.set(name, line)
    }
  }
  return lines
}

async function perConnections(
  server: Server,
  rounds: number,
  counts: readonly number[],
): Promise<Map<string, Point[]>> {
  const request = asJson('one row', makeRows(1), 'index')
  const measured = await interleave(counts.map(String), { warmUp: 1, measured: rounds }, async (count) => {
    const { microsecondsOfProcessor } = await throughput(server, request, windowMilliseconds, Number(count))
    return microsecondsOfProcessor / 1000
  })
  return new Map([['JSON', [...measured].map(([count, list]) => ({ at: Number(count), cost: median(list) }))]])
}

function tableOf({ title, axis, lines }: Chart): string {
  const sizes = [...lines.values()][0].map(({ at }) => at)
  const all = new Set([...sizes, ...[...lines.values()].flatMap((line) => line.map(({ at }) => at))])
  const rows = [...all].map((at) => {
    const cells = [...lines.values()].map((line) => {
      const point = line.find((one) => one.at === at)
      return point === undefined ? '' : inUnits(point.cost)
    })
    return `| ${at.toLocaleString('en')} | ${cells.join(' | ')} |`
  })
  return [
    `| ${axis} (${title}) | ${[...lines.keys()].join(' | ')} |`,
    `|---:|${'---:|'.repeat(lines.size)}`,
    ...rows,
  ].join('\n')
}

function inUnits(milliseconds: number): string {
  return milliseconds < 1 ? `${(milliseconds * 1000).toFixed(0)} µs` : `${milliseconds.toPrecision(3)} ms`
}

const [width, height, left, bottom, top] = [300, 240, 56, 44, 28]
const colours = ['#2563eb', '#d97706']

/** The charts side by side, both axes logarithmic, so that what is proportional is a straight line of slope 1. */
function svgOf(charts: readonly Chart[]): string {
  const parts = charts.map((chart, at) => `<g transform="translate(${at * (width + 24)} 0)">${chartOf(chart)}</g>`)
  const all = charts.length * (width + 24)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="Processor time of a request against its size"><rect width="${all}" height="${height}" fill="#fff"/>${parts.join('')}</svg>\n`
}

function chartOf({ title, axis, lines }: Chart): string {
  const points = [...lines.values()].flat()
  const [x, y] = [
    scaleOf(
      points.map(({ at }) => at),
      left,
      width - 8,
    ),
    scaleOf(
      points.map(({ cost }) => cost),
      height - bottom,
      top,
    ),
  ]
  const text = (at: string, content: string) => `<text ${at} fill="#333">${content}</text>`
  const ticks = [
    ...x.ticks.map((tick) => text(`x="${x.of(tick)}" y="${height - bottom + 16}" text-anchor="middle"`, shortly(tick))),
    ...y.ticks.map(
      (tick) =>
        `<path d="M${left} ${y.of(tick)}H${width - 8}" stroke="#ddd"/>${text(`x="${left - 6}" y="${y.of(tick) + 4}" text-anchor="end"`, inUnits(tick))}`,
    ),
  ]
  const drawn = [...lines].map(([name, line], at) => {
    const path = line.map((point) => `${x.of(point.at)},${y.of(point.cost)}`).join(' ')
    const dots = line.map(
      (point) => `<circle cx="${x.of(point.at)}" cy="${y.of(point.cost)}" r="2.5" fill="${colours[at]}"/>`,
    )
    const legend = `<text x="${left + 8}" y="${top + 14 + 14 * at}" fill="${colours[at]}">${name}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colours[at]}" stroke-width="1.5"/>${dots.join('')}${legend}`
  })
  const words = [
    text(`x="${(left + width) / 2}" y="16" text-anchor="middle" font-weight="bold"`, title),
    text(`x="${(left + width) / 2}" y="${height - 8}" text-anchor="middle"`, axis),
  ]
  return [...ticks, ...drawn, ...words].join('')
}

/** A logarithmic scale over some values, and the powers of ten in it. */
function scaleOf(values: readonly number[], from: number, to: number) {
  const lowest = Math.floor(Math.log10(Math.min(...values)))
  const highest = Math.ceil(Math.log10(Math.max(...values) * 1.0001))
  return {
    ticks: Array.from({ length: highest - lowest + 1 }, (_, at) => 10 ** (lowest + at)),
    of: (value: number) => Math.round(from + ((Math.log10(value) - lowest) / (highest - lowest)) * (to - from)),
  }
}

function shortly(value: number): string {
  return value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? `${value / 1000} k` : String(value)
}
