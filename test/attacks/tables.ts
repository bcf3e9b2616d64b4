import { formOf } from '../formats/form.ts'
import { load, times, together } from './attack.ts'
import { mebibyte } from './bodies.ts'

const clients = 16

export const tables = [
  load({
    name: `tables of short lines: ${clients} x 12 MiB of CSV`,
    // so many cells are refused before they are read
    expected: ['413', '503'],
    async send(service) {
      const table = Buffer.concat([Buffer.from('p,y\n'), Buffer.alloc(12 * mebibyte, '1,1\n')])
      const { headers, payload } = formOf([
        ['loss', 'mse'],
        ['labelFormat', 'values'],
        ['tableFormat', 'csv'],
        ['columns', '{"predictions": "p", "labels": "y"}'],
        ['table', table, 'text/csv'],
      ])
      return { outcomes: await together(service, times(clients, { headers, body: payload }), 120_000) }
    },
  }),
]
