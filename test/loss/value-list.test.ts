import { test } from 'tap'
import { ListBuilder, WrongElement } from '../../src/loss/value-list.ts'
import { Ledger } from './support.ts'

test('a list has its elements as they came, and gives back the memory that it counted', async (t) => {
  const memory = new Ledger()
  const list = new ListBuilder(memory)
  const wrong = new WrongElement(true)
  const some = ['a', '', 'x'.repeat(256), '한글', '\u{1f600}', '\ud800', '7', 7, 0, -(2 ** 53 - 1), wrong]
  const all = Array.from({ length: 9000 }, (_, at) => some[at % some.length])
  for (const element of all) list.add(element)
  t.equal(list.length, 9000)
  t.strictSame(
    all.map((_, at) => list.at(at)),
    all,
  )
  const characters = all.reduce((sum: number, element) => sum + (typeof element === 'string' ? element.length : 1), 0)
  t.ok(memory.held > characters && memory.held < 4 * (characters + 100 * all.length), `${memory.held}`)
  list.free()
  t.equal(memory.held, 0)
})

test('texts of ASCII alone are as they came, too', async (t) => {
  const list = new ListBuilder(new Ledger())
  const all = Array.from({ length: 5000 }, (_, at) => (at % 2 === 0 ? `row-${at}` : at))
  for (const element of all) list.add(element)
  t.strictSame(
    all.map((_, at) => list.at(at)),
    all,
  )
})
