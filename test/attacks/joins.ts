import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sent } from './attack.ts'
import { load, times, together } from './attack.ts'
import type { Outcome, Request } from './client.ts'
import { ask, nameOf } from './client.ts'
import type { Service } from './service.ts'

const path = '/v1/evaluations/joins'
const clients = 16
const rows = 60_000
const longestId = 128
const declaration = { loss: 'binary-cross-entropy', labelFormat: 'binary', outputs: 1, join: { within: 'PT1H' } }
const hour = 3_600_000

/** What is sent to an evaluation of its own, which is deleted afterwards. */
async function toJoins(service: Service, more: object, send: () => Promise<Outcome[]>): Promise<Sent> {
  const declared = await ask(service.port, { method: 'PUT', path, body: JSON.stringify({ ...declaration, ...more }) })
  const outcomes = nameOf(declared) === '201' ? await send() : [declared]
  await ask(service.port, { method: 'DELETE', path })
  return { outcomes }
}

function idsOf(prefix: string, count = rows): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}-${at}`.padEnd(longestId, 'x'))
}

function half(name: 'predictions' | 'labels', ids: readonly string[], value: number, more: object = {}): Request {
  return { path: `${path}/${name}`, body: JSON.stringify({ ids, [name]: ids.map(() => value), ...more }) }
}

const folder = mkdtempSync(join(tmpdir(), 'attacks-joins-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
// as it is deployed: what waits lies in a file, and not in memory
const settings = { DATABASE_URL: `sqlite:${join(folder, 'joins.sqlite')}` }

export const joins = [
  load({
    settings,
    name: `halves that never join: ${clients} x ${rows} of the longest ids`,
    expected: ['200', '503'],
    send: (service) =>
      toJoins(service, {}, () => {
        const halves = times(clients, 0).map((_, at) =>
          at % 2 === 0 ? half('predictions', idsOf(`p${at}`), 0.5) : half('labels', idsOf(`l${at}`), 1),
        )
        return together(service, halves, 120_000)
      }),
  }),
  load({
    settings,
    name: `both halves of ${rows} rows, each sent four times at once`,
    expected: ['200', '503'],
    send: (service) =>
      toJoins(service, {}, () => {
        const ids = idsOf('row')
        return together(
          service,
          [...times(4, half('predictions', ids, 0.5)), ...times(4, half('labels', ids, 1))],
          120_000,
        )
      }),
  }),
  load({
    settings,
    name: 'labels of 20,000 rows that belong to as many windows',
    // what is not done in time is done when it is sent again
    expected: ['200', '413', '503'],
    send: (service) =>
      toJoins(service, { window: 'hour' }, async () => {
        const ids = idsOf('row', 20_000)
        const predictions = half('predictions', ids, 0.5, { at: ids.map((_, at) => at * hour) })
        return [await ask(service.port, predictions), await ask(service.port, half('labels', ids, 1))]
      }),
  }),
]
