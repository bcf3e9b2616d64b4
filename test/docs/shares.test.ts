import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { mostOfOwner, mostWaiting } from '../../src/database/turns.ts'
import { turnLimits } from '../../src/formats/table/thread.ts'
import { appOf } from '../support.ts'

/** The cells of the table of shares, without its head. */
function shares(): string[][] {
  const page = readFileSync(new URL('../../docs/operate/load.md', import.meta.url), 'utf8')
  const [, section] = page.split('### Shares')
  const lines = section.split('\n## ')[0].split('\n')
  const rows = lines.filter((line) => line.startsWith('|')).slice(2)
  return rows.map((row) => row.split('|').map((cell) => cell.trim()))
}

test('the table of shares has the limits of the service', async (t) => {
  const app = await appOf(t)
  const { components } = (await app.inject('/openapi.json')).json()
  const limits: Record<string, { description: string }> = components.schemas.Limits.properties
  const rows = shares()
  const named = rows.flatMap((row) => Array.from(row.join(' ').matchAll(/`(max\w+)`/g), ([, name]) => name))
  t.same(
    named.filter((name) => !Object.hasOwn(limits, name)),
    [],
  )
  // what requests hold at the same time, and what an owner may have
  const counted = Object.entries(limits).filter(([, { description }]) =>
    /^(?:Concurrent|Open|Evaluations of one owner|Bytes of memory for all)/.test(description),
  )
  t.same(
    counted.map(([name]) => name).filter((name) => !named.includes(name)),
    [],
    'none is left out',
  )
})

test('the table of shares has the numbers of what waits', async (t) => {
  const numbers = shares().filter(([, , total]) => /^\d+$/.test(total))
  t.same(
    numbers.map(([, what, total, one]) => [what, Number(total), Number(one)]),
    [
      ['operations of the store that wait', mostWaiting, mostOfOwner],
      ['tables that wait to be read', turnLimits.mostWaiting, turnLimits.mostOfOwner],
    ],
  )
})
