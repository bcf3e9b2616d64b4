// Tables of the fixtures, as they are and with bytes changed.
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { formOf } from '../formats/form.ts'
import type { Choices } from './random.ts'
import type { Probe } from './requests.ts'

const folder = new URL('../fixtures/tables/', import.meta.url)
const files = readdirSync(folder).filter((name) => ['.parquet', '.arrow', '.csv'].includes(extname(name)))
const ofDuckdb = readdirSync(new URL('duckdb/', folder))
  .filter((name) => extname(name) === '.parquet')
  .map((name) => `duckdb/${name}`)
/** Bytes of the end of a file, where its metadata are. */
const endings = 4096

/** A table whose columns fit, or one with some of its bytes changed. */
export function tableProbe(choices: Choices): Probe {
  const isOfDuckdb = choices.chance(0.5)
  const name = choices.pick(isOfDuckdb ? ofDuckdb : files)
  const isRight = choices.chance(0.2)
  const file = readFileSync(new URL(name, folder))
  const columns = isOfDuckdb
    ? {
        predictions: ['double_few', 'float'],
        labels: choices.pick(['list_runs', 'list_runs_null', 'list_decimal']),
        groups: ['enum_null'],
      }
    : { predictions: ['p0', 'p1'], labels: ['w', 'half'], groups: ['country'] }
  const parts = {
    ...{ loss: 'mse', labelFormat: 'values', tableFormat: extname(name).slice(1), columns: JSON.stringify(columns) },
    ...{ groupBy: JSON.stringify(columns.groups), missing: 'drop' },
  }
  const { headers, payload } = formOf([
    ...Object.entries(parts),
    ['table', isRight ? file : changedBytes(file, choices), 'application/octet-stream'],
  ])
  return { kind: isRight ? 'table' : 'changed table', method: 'POST', path: '/v1/loss', headers, body: payload }
}

/** Some bytes changed, more of them at the end, or the end cut off. */
export function changedBytes(file: Buffer, choices: Choices): Buffer {
  if (choices.chance(0.2)) return file.subarray(0, choices.below(file.length))
  const bytes = Buffer.from(file)
  for (let left = 1 + choices.below(4); left > 0; left--) {
    const isInEnding = choices.chance(0.6)
    const at = isInEnding
      ? bytes.length - 1 - choices.below(Math.min(endings, bytes.length))
      : choices.below(bytes.length)
    bytes[at] = choices.chance(0.5) ? choices.pick([0, 1, 0x7f, 0x80, 0xff]) : choices.below(256)
  }
  return bytes
}
