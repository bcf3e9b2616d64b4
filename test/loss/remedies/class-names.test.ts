import { test } from 'tap'
import { namesMeant, nearestName, sayNames } from '../../../src/loss/remedies/class-names.ts'
import { ValidationErrors } from '../../../src/loss/validation-errors.ts'
import { countSteps, finish } from '../support.ts'

/** The optimal string alignment distance by its recursion, without regard to speed. */
function distance(a: string, b: string): number {
  const known = new Map<string, number>()
  const of = (i: number, j: number): number => {
    if (i === 0 || j === 0) return i + j
    const key = `${i} ${j}`
    const before = known.get(key)
    if (before !== undefined) return before
    const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
    const away = Math.min(
      of(i - 1, j) + 1,
      of(i, j - 1) + 1,
      of(i - 1, j - 1) + Number(a[i - 1] !== b[j - 1]),
      isSwapped ? of(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY,
    )
    known.set(key, away)
    return away
  }
  return of(a.length, b.length)
}

function nearestOf(word: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, away: distance(word, name) }))
    .filter(({ name, away }) => away <= 3 && away < name.length / 2)
  const least = Math.min(...near.map(({ away }) => away))
  const found = near.filter(({ away }) => away === least)
  return found.length === 1 ? found[0].name : undefined
}

test('the nearest name is the one that fewest edits lead to, if no other is as near', async (t) => {
  let seed = 7
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 1
    return (seed >>> 8) % below
  }
  const wordOf = () => Array.from({ length: 1 + random(9) }, () => 'abc'[random(3)]).join('')
  const wrong = Array.from({ length: 3000 }, () => {
    const names = [...new Set(Array.from({ length: 4 }, wordOf))]
    const word = wordOf()
    return { word, names, found: finish(nearestName(word, names)), expected: nearestOf(word, names) }
  }).filter(({ found, expected }) => found !== expected)
  t.same(wrong, [])
  t.equal(finish(nearestName('DGO', ['cat', 'dog'])), 'dog')
  t.equal(finish(nearestName('x'.repeat(41), ['x'.repeat(40)])), undefined)
  t.equal(finish(nearestName(`${'x'.repeat(39)}y`, ['x'.repeat(43)])), undefined)
  t.equal(finish(nearestName('x'.repeat(40), ['x'.repeat(43), 'y'.repeat(128)])), 'x'.repeat(43))
})

test('very many names are looked at in steps', async (t) => {
  const names = Array.from({ length: 1000 }, (_, at) => `name ${at}`)
  t.equal(finish(nearestName('nmae 999', names)), 'name 999')
  t.equal(countSteps(nearestName('nmae 999', names)), 3)
})

test('five of many names are shown where none is near', async (t) => {
  const classes = ['ant', 'bee', 'cat', 'dog', 'eel', 'fox', 'gnu']
  const errors = new ValidationErrors()
  errors.add(['labels', 0], 'labels[0] is no name', 'zzzzzzzz', 'unknown-value')
  sayNames(errors, classes, finish(namesMeant(errors, classes)))
  const [{ detail }] = errors.list
  t.equal(detail, 'labels[0] is no name: "ant", "bee", "cat", "dog", "eel" and 2 more')
})
