import { test } from 'tap'
import { keysOf, timesOf } from '../../src/evaluations/row-ids.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { elementOfKey, keyOf, ValueList, WrongElement } from '../../src/loss/value-list.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'

function listOf(values: ConstructorParameters<typeof ValueList>[0], fault?: string): ValueList {
  return new ValueList(values, fault)
}

/** The errors that are listed, and how many there are. */
function faultsOf(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof InvalidContent)) return error
    const { list, count } = error.errors
    return { count, listed: list.map(({ path, code, received }) => [path.join('/'), code, received]) }
  }
}

test('a text and an integer that look alike are two ids, and 0 and -0 are one', async (t) => {
  const ids = ['7', 7, 0, -0, '', 2 ** 53 - 1]
  t.strictSame(
    ids.map((id) => keyOf(id)),
    ['s7', 'i7', 'i0', 'i0', 's', 'i9007199254740991'],
  )
  t.strictSame(
    ids.map((id) => elementOfKey(keyOf(id))),
    ['7', 7, 0, 0, '', 2 ** 53 - 1],
  )
})

test('each id that is wrong is counted, and twenty are listed', async (t) => {
  const wrong = new WrongElement(true)
  t.strictSame(
    faultsOf(() => finish(keysOf(listOf(['a', wrong, '', 'b\0']), 9, unaccounted))),
    {
      count: 3,
      listed: [
        ['ids/1', 'wrong-type', true],
        ['ids/2', 'malformed', ''],
        ['ids/3', 'malformed', 'b\0'],
      ],
    },
  )
  t.match(
    faultsOf(() => finish(keysOf(listOf(new Array(25).fill(wrong)), 25, unaccounted))),
    { count: 25, listed: { length: 20 } },
  )
  t.match(
    faultsOf(() => finish(keysOf(listOf([], 'a number'), 9, unaccounted))),
    { listed: [['ids', 'wrong-type', 'a number']] },
  )
  t.match(
    faultsOf(() => finish(keysOf(listOf([]), 9, unaccounted))),
    { listed: [['ids', 'empty', 'an empty array']] },
  )
  t.match(
    faultsOf(() => finish(keysOf(listOf(['a', 'b', 'c']), 2, unaccounted))),
    { limit: 'maxJoinRows', allowed: 2, path: ['ids'] },
  )
})

test('likewise each time, of which there is one for each id', async (t) => {
  t.strictSame(finish(timesOf(listOf(['1970-01-01T00:00:01Z', 5]), 2)), [1000, 5])
  t.strictSame(
    faultsOf(() => finish(timesOf(listOf([new WrongElement(null), 'today', -1]), 3))),
    {
      count: 3,
      listed: [
        ['at/0', 'wrong-type', null],
        ['at/1', 'malformed', 'today'],
        ['at/2', 'out-of-range', -1],
      ],
    },
  )
  t.match(
    faultsOf(() => finish(timesOf(listOf(new Array(25).fill(-1)), 25))),
    { count: 25, listed: { length: 20 } },
  )
  t.match(
    faultsOf(() => finish(timesOf(listOf([], 'a text'), 1))),
    { listed: [['at', 'wrong-type', 'a text']] },
  )
  t.match(
    faultsOf(() => finish(timesOf(listOf([5]), 2))),
    { listed: [['at', 'shape', 'an array of 1']] },
  )
})
