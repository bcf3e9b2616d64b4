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
  /** Whether the cost should grow as the size does; else it should stay. */
  readonly grows: boolean
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
    { title: 'Rows of 10 numbers', axis: 'rows of a body', lines: rows, grows: true },
    {
      title: `${numbers.toLocaleString('en')} numbers`,
      axis: 'outputs of a row',
      lines: outputs,
      grows: false,
    },
    { title: 'One row of 10', axis: 'connections', lines: connections, grows: false },
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
    `| ${title}: ${axis} | ${[...lines.keys()].join(' | ')} |`,
    `|---:|${'---:|'.repeat(lines.size)}`,
    ...rows,
  ].join('\n')
}

function inUnits(milliseconds: number): string {
  return milliseconds < 1 ? `${(milliseconds * 1000).toFixed(0)} µs` : `${milliseconds.toPrecision(3)} ms`
}

/** The frame of the axes in a chart, and the size of all. */
const frame = { left: 58, right: 300, top: 44, bottom: 216 }
const [width, height, gap] = [308, 262, 14]

/** Readable on the pages of both themes that a README is shown in. */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #475569 }
  .title { font-weight: 600; font-size: 13px; fill: #0f172a }
  .grid { stroke: #e2e8f0 }
  .JSON { --colour: #2563eb } .binary { --colour: #b45309 }
  polyline { fill: none; stroke: var(--colour); stroke-width: 2; stroke-linejoin: round }
  circle, .name { fill: var(--colour) } .name { font-weight: 600 }
  .proportional { stroke: #94a3b8; stroke-dasharray: 4 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .grid { stroke: #334155 } .proportional { stroke: #64748b }
    .JSON { --colour: #60a5fa } .binary { --colour: #fbbf24 }
  }`

/** The charts side by side, both axes logarithmic, so that what is proportional is a straight line of slope 1. */
function svgOf(charts: readonly Chart[]): string {
  const parts = charts.map((chart, at) => `<g transform="translate(${at * (width + gap)} 0)">${chartOf(chart)}</g>`)
  const all = charts.length * (width + gap) - gap
  const label = 'Processor time of a request against its size'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${all} ${height}" role="img" aria-label="${label}"><style>${style}</style>\n${parts.join('\n')}\n</svg>\n`
}

function chartOf({ title, axis, lines, grows }: Chart): string {
  const points = [...lines.values()].flat()
  const sizes = [...new Set(points.map(({ at }) => at))]
  const costs = points.map(({ cost }) => cost)
  const x = scaleOf(sizes, frame.left, frame.right)
  const y = scaleOf(decadesOf(costs), frame.bottom, frame.top)
  const text = (at: string, content: string) => `<text ${at}>${content}</text>`
  const ticks = [
    ...x.ticks.map((tick) => text(`x="${x.of(tick)}" y="${frame.bottom + 18}" text-anchor="middle"`, shortly(tick))),
    ...y.ticks.map(
      (tick) =>
        `<path class="grid" d="M${frame.left} ${y.of(tick)}H${frame.right}"/>${text(`x="${frame.left - 8}" y="${y.of(tick) + 4}" text-anchor="end"`, roundly(tick))}`,
    ),
  ]
  const words = [
    text(`class="title" x="${frame.left}" y="16"`, title),
    text(`x="${frame.left}" y="33"`, 'processor time of a request'),
    text(`x="${(frame.left + frame.right) / 2}" y="${height - 8}" text-anchor="middle"`, axis),
  ]
  const [first] = lines.values()
  const guide = grows ? guideOf(first[first.length - 1], x, y) : ''
  const names = [...lines.keys()].map((name) => `<tspan class="name ${name}">${name}</tspan>`)
  const legend = text(`x="${frame.right}" y="16" text-anchor="end"`, names.join('\u2002'))
  const drawn = [...lines].map(([name, line]) => lineOf(name, line, x, y))
  return [...ticks, guide, ...words, legend, ...drawn].join('')
}

function lineOf(name: string, line: readonly Point[], x: Scale, y: Scale): string {
  const path = line.map((point) => `${x.of(point.at)},${y.of(point.cost)}`).join(' ')
  const dots = line.map((point) => `<circle cx="${x.of(point.at)}" cy="${y.of(point.cost)}" r="3"/>`)
  return `<g class="${name}"><polyline points="${path}"/>${dots.join('')}</g>`
}

/** What would be proportional to the size, through the largest. */
function guideOf({ at, cost }: Point, x: Scale, y: Scale): string {
  const lowest = y.ticks[0]
  const begin = x.of((at * lowest) / cost)
  const words = `<text x="${begin + 10}" y="${frame.bottom - 6}">proportional</text>`
  return `<path class="proportional" d="M${begin} ${frame.bottom}L${x.of(at)} ${y.of(cost)}"/>${words}`
}

interface Scale {
  readonly ticks: readonly number[]
  readonly of: (value: number) => number
}

/** A logarithmic scale between the ticks, the least and the largest of which stand at its ends. */
function scaleOf(ticks: readonly number[], from: number, to: number): Scale {
  const [lowest, highest] = [Math.log10(Math.min(...ticks)), Math.log10(Math.max(...ticks))]
  const of = (value: number) => Math.round(from + ((Math.log10(value) - lowest) / (highest - lowest)) * (to - from))
  return { ticks, of }
}

/** The powers of ten around some values. */
function decadesOf(values: readonly number[]): number[] {
  const lowest = Math.floor(Math.log10(Math.min(...values)))
  const highest = Math.ceil(Math.log10(Math.max(...values)))
  return Array.from({ length: highest - lowest + 1 }, (_, at) => 10 ** (lowest + at))
}

/** A power of ten. */
function roundly(milliseconds: number): string {
  if (milliseconds < 1) return `${Math.round(milliseconds * 1000)} µs`
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`
}

function shortly(value: number): string {
  return value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? `${value / 1000} k` : String(value)
}
