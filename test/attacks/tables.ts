import { readFileSync } from 'node:fs'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { nestedTwice } from '../formats/arrow-file.ts'
import type { Column } from '../formats/parquet-file.ts'
import {
  dictionary,
  differences,
  doubles,
  ending,
  page,
  parquetFile,
  run,
  sized,
  varint,
} from '../formats/parquet-file.ts'
import { alone, load, times, together } from './attack.ts'
import { formRequest, mebibyte } from './bodies.ts'
import type { Outcome, Request } from './client.ts'

const clients = 16
const fixtures = new URL('../fixtures/tables/', import.meta.url)

function tableRequest(
  tableFormat: string,
  table: Buffer,
  predictions: string | string[] = 'p',
  labels: string | string[] = 'y',
): Request {
  return formRequest([
    ['loss', 'mse'],
    ['labelFormat', 'values'],
    ['tableFormat', tableFormat],
    ['columns', JSON.stringify({ predictions, labels })],
    ['table', table, 'application/octet-stream'],
  ])
}

const four = doubles([1, 2, 3, 4])
const [p, y] = ['p', 'y'].map((name): Column => ({ name, chunks: [page(4, four)] }))

/** A table of four rows, whose predictions are something else. */
function lying(column: Partial<Column>, ...pages: readonly Buffer[]): Request {
  return tableRequest('parquet', parquetFile([{ ...p, ...column, chunks: [Buffer.concat(pages)] }, y], [4]))
}

/** Files that announce what they do not have. */
function lies(): Record<string, Request> {
  const place = Buffer.of(2)
  const texts = 2 ** 20
  return {
    'a run of 2 ** 30 nulls': lying({ repetition: 1 }, page(4, sized(run(2 ** 30, 0)))),
    'a run of 2 ** 30 rows': lying({ repetition: 2 }, page(4, sized(run(2 ** 30, 0)))),
    'a run of 2 ** 30 places': lying(
      {},
      dictionary(4, four),
      page(4, Buffer.concat([place, run(2 ** 30, 0)]), { encoding: 8 }),
    ),
    'a run of 2 ** 30 booleans': lying({ type: 0 }, page(4, sized(run(2 ** 30, 0)), { encoding: 3 })),
    'a dictionary of 2 ** 30': lying({ type: 6 }, dictionary(2 ** 30, four), page(4, four)),
    'a page of 2 ** 30 values': lying({}, page(2 ** 30, four)),
    'a page of no bytes': lying({}, page(4, Buffer.alloc(0))),
    'a Snappy bomb': lying({ codec: 1 }, page(4, four, { unpacked: 2 ** 30 })),
    '2 ** 31 rows': tableRequest('parquet', parquetFile([p, y], [2 ** 31])),
    'texts of 2 ** 39 characters': tableRequest(
      'parquet',
      parquetFile(
        [
          {
            ...p,
            type: 6,
            chunks: [
              page(texts, Buffer.concat([differences(texts, 0, 1), differences(texts, 1, 0), Buffer.alloc(texts)]), {
                encoding: 7,
              }),
            ],
          },
          { ...y, chunks: [page(texts, Buffer.alloc(8 * texts))] },
        ],
        [texts],
      ),
    ),
    'an integer of 12 MiB': tableRequest(
      'parquet',
      ending(Buffer.concat([Buffer.of(0x36), Buffer.alloc(12 * mebibyte, 0xff)])),
    ),
    '12 MiB of structs in structs': tableRequest('parquet', ending(Buffer.alloc(12 * mebibyte, 0x1c))),
    'a list of 2 ** 31': tableRequest('parquet', ending(Buffer.concat([Buffer.of(0x29, 0xfc), varint(2 ** 31)]))),
    'fields 2 ** 40 times': tableRequest('arrow', nestedTwice(40)),
    'no table': tableRequest('parquet', Buffer.alloc(12 * mebibyte)),
    'no Arrow': tableRequest('arrow', Buffer.alloc(12 * mebibyte, 0xff)),
  }
}

/** A real file that ends at any of so many places. */
function cut(name: string, places: number): Request[] {
  const file = readFileSync(new URL(name, fixtures))
  const format = name.endsWith('arrow') ? 'arrow' : 'parquet'
  return Array.from({ length: places }, (_, at) =>
    tableRequest(format, file.subarray(0, Math.floor((file.length * at) / places)), 'p0'),
  )
}

function wide(columns: number): readonly [names: string[], parquet: Buffer, arrow: Buffer] {
  const names = Array.from({ length: columns }, (_, at) => `c${at}`)
  const all = names.map((name): Column => ({ ...p, name }))
  const arrays = Object.fromEntries([...names, 'y'].map((name) => [name, Float64Array.of(1, 2, 3, 4)]))
  return [names, parquetFile([...all, y], [4]), Buffer.from(tableToIPC(tableFromArrays(arrays)))]
}

export const tables = [
  load({
    name: `tables of short lines: ${clients} x 12 MiB of CSV`,
    // so many cells are refused before they are read
    expected: ['413', '503'],
    async send(service) {
      const table = Buffer.concat([Buffer.from('p,y\n'), Buffer.alloc(12 * mebibyte, '1,1\n')])
      return { outcomes: await together(service, times(clients, tableRequest('csv', table)), 120_000) }
    },
  }),
  load({
    name: 'Parquet and Arrow files that announce what they do not have, one after the other',
    isShort: true,
    expected: ['422', '413'],
    processor: 8,
    send: (service, { turn }) => alone(service, lies(), turn),
  }),
  load({
    name: `the same lies from ${clients} clients`,
    expected: ['422', '413', '503'],
    send: async (service) => ({
      outcomes: await together(service, Object.values(lies()).slice(0, clients), 120_000),
    }),
  }),
  load({
    name: 'real files that are cut anywhere',
    expected: ['422'],
    async send(service) {
      const files = ['duckdb-snappy.parquet', 'pyarrow.parquet', 'pyarrow-file.arrow', 'feather-zstd.arrow']
      const outcomes: Outcome[] = []
      for (const name of files) outcomes.push(...(await together(service, cut(name, clients), 120_000)))
      return { outcomes }
    },
  }),
  load({
    name: 'tables of 10,000 columns, of Parquet and of Arrow, all of which are used',
    expected: ['200'],
    processor: 8,
    async send(service, { turn }) {
      const [names, parquet, arrow] = wide(10_000)
      const requests = {
        parquet: tableRequest('parquet', parquet, 'c0'),
        'all of parquet': tableRequest('parquet', parquet, names, names),
        arrow: tableRequest('arrow', arrow, 'c0'),
        'all of arrow': tableRequest('arrow', arrow, names, names),
      }
      // the names are read in one turn
      return alone(service, requests, turn)
    },
  }),
  load({
    name: '20,000 row groups of one row',
    isLegal: true,
    expected: ['200'],
    processor: 5,
    async send(service, { legalTurn }) {
      const groups = 20_000
      const chunks = Array.from({ length: groups }, () => page(1, doubles([1])))
      const file = parquetFile(
        [
          { ...p, chunks },
          { ...y, chunks },
        ],
        chunks.map(() => 1),
      )
      return alone(service, { groups: tableRequest('parquet', file) }, legalTurn)
    },
  }),
]
