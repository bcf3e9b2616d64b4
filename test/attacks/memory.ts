import { setTimeout as sleep } from 'node:timers/promises'
import type { Sent } from './attack.ts'
import { load, sendAndLeave, sendAndNeverRead, times, together } from './attack.ts'
import {
  boolBinary,
  boolComparison,
  boolFiles,
  compressed,
  csvFiles,
  drawnRow,
  grouped,
  groupsOfAllTypes,
  ignoredRows,
  largeAnswer,
  largeReport,
  largeShuffle,
  largestPopulation,
  mebibyte,
  mixedGroups,
  named,
  nearlyNamed,
  oneDigitComparison,
  oneDigitJson,
  oneLine,
  ranked,
  sureLabels,
  sweep,
  wideBatch,
  wideMetrics,
} from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { ask, nameOf } from './client.ts'
import type { Service } from './service.ts'

const clients = 16
const full = 53 * mebibyte

async function sixteen(service: Service, request: Request): Promise<Sent> {
  return { outcomes: await together(service, times(clients, request), 120_000) }
}

const refused = ['413', '422']
const busy = ['200', '503']

export const memory = [
  load({
    name: 'a row drawn 100,000 times: 200,000 columns',
    isShort: true,
    processor: 0.5,
    expected: refused,
    send: async (service) => ({ outcomes: [await ask(service.port, drawnRow(200_000, 100_000))] }),
  }),
  load({
    name: 'a row drawn 100,000 times: 1,000 columns in 2 kB',
    expected: refused,
    processor: 0.5,
    send: async (service) => ({ outcomes: [await ask(service.port, drawnRow(1000, 100_000))] }),
  }),
  load({
    name: 'a row drawn 100,000 times: 16 x 100 columns',
    expected: busy,
    send: (service) => sixteen(service, drawnRow(100, 100_000)),
  }),
  load({
    name: 'a row drawn 100,000 times: 16 x 300 columns',
    expected: busy,
    send: (service) => sixteen(service, drawnRow(300, 100_000)),
  }),
  load({
    name: 'JSON of one digit: 16 x 53 MiB',
    isShort: true,
    expected: busy,
    send: (service) => sixteen(service, oneDigitJson(full)),
  }),
  load({
    name: 'JSON of one digit in gzip: 16 x 53 MiB',
    expected: busy,
    send: (service) => sixteen(service, compressed(oneDigitJson(full))),
  }),
  load({ name: 'BOOL: 16 x 12 MiB', expected: busy, send: (service) => sixteen(service, boolBinary(12 * mebibyte)) }),
  load({
    name: 'BOOL: 63 MiB',
    expected: ['200'],
    send: async (service) => ({ outcomes: [await ask(service.port, boolBinary(63 * mebibyte))] }),
  }),
  load({
    name: 'BOOL: 16 x 50 MiB, of which some are answered',
    expected: busy,
    async send(service) {
      const { outcomes } = await sixteen(service, boolBinary(50 * mebibyte))
      return { outcomes, faults: outcomes.some((outcome) => nameOf(outcome) === '200') ? [] : ['none was answered'] }
    },
  }),
  load({
    name: 'comparisons of one digit: 16 x 53 MiB',
    expected: busy,
    send: (service) => sixteen(service, oneDigitComparison(full)),
  }),
  load({
    name: 'comparisons of BOOL: 16 x 12 MiB',
    isShort: true,
    expected: busy,
    send: (service) => sixteen(service, boolComparison(12 * mebibyte)),
  }),
  load({
    name: 'comparisons whose clients leave while they compute: 4 rounds of 4 x 12 MiB',
    async send(service) {
      const request = boolComparison(12 * mebibyte)
      const outcomes: Outcome[] = []
      for (let round = 0; round < 4; round++) {
        const leaving = [200, 400, 600, 800].map((after) => sendAndLeave(service, request, after))
        outcomes.push(...(await Promise.all(leaving)))
      }
      return { outcomes }
    },
  }),
  load({
    name: '.npy files of booleans in columns: 16 x 12 MiB',
    expected: busy,
    send: (service) => sixteen(service, boolFiles(12 * mebibyte)),
  }),
  load({
    name: 'CSV of one digit: 16 x 26 MB',
    expected: busy,
    send: (service) => sixteen(service, csvFiles('0', 6_600_000)),
  }),
  load({ name: 'an NDJSON line: 16 x 53 MiB', expected: busy, send: (service) => sixteen(service, oneLine(full)) }),
  load({
    name: 'sweeps: 16 x 5,000,000 numbers at 2 values',
    expected: busy,
    send: (service) => sixteen(service, sweep(5000, 1000, 2)),
  }),
  load({
    name: 'ignoreIndex: 16 x 8 million rows',
    expected: busy,
    send: (service) => sixteen(service, ignoredRows(8e6)),
  }),
  load({
    name: 'mini-batches without replacement: 16 x 16.7 million rows',
    expected: busy,
    send: (service) => sixteen(service, largeShuffle),
  }),
  load({
    name: 'mini-batches of 13 million rows without replacement: 16 x 26 MB',
    expected: busy,
    send: (service) => sixteen(service, largestPopulation()),
  }),
  load({
    name: 'batches whose states have 1 MiB: 4 x 16 at once, and their report',
    expected: ['201', '200', '503'],
    async send(service) {
      const path = '/v1/evaluations/wide'
      const outputs = 250
      const declared = { loss: 'mse', labelFormat: 'values', include: ['metrics'], outputs }
      const outcomes = [await ask(service.port, { method: 'PUT', path, body: JSON.stringify(declared) })]
      const batch = wideBatch(100, outputs)
      for (let round = 0; round < 4; round++) {
        const named = times(clients, batch).map((request, at) => ({
          ...request,
          path: `${path}/batches/b${round * clients + at}`,
        }))
        outcomes.push(...(await together(service, named)))
        outcomes.push(...(await together(service, times(4, { method: 'GET', path }))))
      }
      outcomes.push(await ask(service.port, { method: 'DELETE', path }))
      return { outcomes: outcomes.slice(0, -1) }
    },
  }),
  load({
    name: 'answers of 1 MB that nobody reads: 1,500 connections',
    async send(service) {
      const open = await sendAndNeverRead(service, times(1500, largeAnswer))
      await sleep(8000)
      const outcomes = open.map(({ isClosed }) => (isClosed ? 'closed' : 'open'))
      for (const client of open) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: 'reports of 5 MB that nobody reads: 32 connections',
    async send(service) {
      const open = await sendAndNeverRead(service, times(32, largeReport(0)))
      await sleep(8000)
      const outcomes = open.map(({ isClosed }) => (isClosed ? 'closed' : 'open'))
      for (const client of open) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: 'sweeps whose clients leave while it computes: 8 pairs',
    isShort: true,
    async send(service) {
      const request = sweep(9990, 1000, 1)
      const outcomes: Outcome[] = []
      for (let pair = 0; pair < 8; pair++) {
        outcomes.push(...(await Promise.all(times(2, 300).map((after) => sendAndLeave(service, request, after)))))
      }
      return { outcomes }
    },
  }),
  load({
    name: 'JSON of one digit whose clients leave: 5 rounds of 4 x 53 MiB',
    async send(service) {
      const request = oneDigitJson(full)
      const outcomes: Outcome[] = []
      for (let round = 0; round < 5; round++) {
        const leaving = [300, 600, 900, 1200].map((after) => sendAndLeave(service, request, after))
        outcomes.push(...(await Promise.all(leaving)))
      }
      return { outcomes }
    },
  }),
  load({
    name: 'metrics of 28,000 values of every size: 16 x 3.6 MB',
    isShort: true,
    expected: busy,
    send: (service) => sixteen(service, wideMetrics(8, 28_000)),
  }),
  load({
    name: 'intervals of 440 classes, and of 1,500 binary outputs: 16 of each',
    isShort: true,
    expected: busy,
    send: async (service) => ({
      outcomes: [
        ...(await sixteen(service, sureLabels(2000, 440, 'index'))).outcomes,
        ...(await sixteen(service, sureLabels(50, 1500, 'binary'))).outcomes,
      ],
    }),
  }),
  load({ name: 'ranking: 16 x 8 million rows', expected: busy, send: (service) => sixteen(service, ranked(8e6, 1)) }),
  load({
    name: 'groups: 16 x a million keys',
    isShort: true,
    expected: ['413', '503'],
    send: (service) => sixteen(service, grouped(1e6, 1e6)),
  }),
  load({
    name: 'groups: 16 x 200,000 rows with long keys',
    expected: busy,
    send: (service) => sixteen(service, grouped(200_000, 1000, 200)),
  }),
  load({
    name: 'groups: 16 x 3 million rows in 1,000 groups',
    expected: busy,
    send: (service) => sixteen(service, grouped(3e6, 1000)),
  }),
  load({
    name: 'groups: 16 x a million values of all types',
    expected: ['413', '503'],
    send: (service) => sixteen(service, groupsOfAllTypes(1e6)),
  }),
  load({
    name: 'names: 16 x a million labels, all different',
    isShort: true,
    expected: ['413', '503'],
    send: (service) => sixteen(service, named(1e6, 1e6, 16)),
  }),
  load({
    name: 'names: 16 x 200,000 long labels, two of them right',
    expected: ['422', '503'],
    send: (service) => sixteen(service, named(200_000, 60_000, 120)),
  }),
  load({
    name: 'names: 16 x 4,000 names, and labels near to all of them',
    expected: ['422', '503'],
    send: (service) => sixteen(service, nearlyNamed(1000, 4000)),
  }),
  load({
    name: 'groups: strings and arrays of 50 MB among the values',
    expected: ['422'],
    send: async (service) => ({ outcomes: [await ask(service.port, mixedGroups(50e6))] }),
  }),
  load({
    name: 'a mix of all of these',
    expected: ['200', '503', '413', 'left'],
    async send(service) {
      const silent = await sendAndNeverRead(service, [...times(4, largeReport(0)), ...times(20, largeAnswer)])
      const mixed = [
        ...times(3, oneDigitJson(full)),
        ...times(2, boolBinary(12 * mebibyte)),
        ...times(2, oneLine(full)),
        ...times(2, sweep(5000, 1000, 2)),
        ...times(2, ignoredRows(8e6)),
        ...times(3, drawnRow(300, 100_000)),
      ]
      const [answered, left] = await Promise.all([
        together(service, mixed, 120_000),
        Promise.all(times(2, oneDigitJson(full)).map((request, i) => sendAndLeave(service, request, 500 + 500 * i))),
      ])
      for (const client of silent) client.leave()
      return { outcomes: [...answered, ...left] }
    },
  }),
]
