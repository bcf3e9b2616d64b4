import fc from 'fast-check'
import { test } from 'tap'
import { elementsAt, locate } from '../../src/pages/pointer.js'

test('finds the value that a pointer names', async (t) => {
  const text = '{ "a\\"b": [1, {"c": "x,]"} , -2.5e3],\n "labels": [[0, 1], null], "m~n/o": true }'
  for (const [pointer, found] of [
    ['#/labels/0/1', '1'],
    ['#/labels/1', 'null'],
    ['#/labels', '[[0, 1], null]'],
    ['#/a%22b/1/c', '"x,]"'],
    ['#/a%22b/2', '-2.5e3'],
    ['#/m~0n~1o', 'true'],
    ['#', text],
  ]) {
    const place = locate(text, pointer)
    t.equal(place && text.slice(...place), found, pointer)
  }
})

test('finds nothing where nothing is', async (t) => {
  for (const pointer of ['#/labels/9', '#/none', '#/labels/x', '#/labels/0/1/2', '#/%']) {
    t.equal(locate('{"labels": [[0, 1]]}', pointer), undefined, pointer)
  }
  t.equal(locate('not json', '#/labels'), undefined)
  t.equal(locate('[]', '#/0'), undefined)
  t.equal(locate('[1 2]', '#/1'), undefined)
})

test('finds every value of any document', async () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), fc.boolean(), (json, pretty) => {
      const text = pretty ? JSON.stringify(JSON.parse(json), null, 2) : json
      const visit = (value: unknown, pointer: string): void => {
        const place = locate(text, pointer)
        if (place === undefined) throw new Error(`${pointer} is not found`)
        const same = JSON.stringify(JSON.parse(text.slice(...place))) === JSON.stringify(value)
        if (!same) throw new Error(`${pointer} is ${text.slice(...place)}`)
        if (typeof value !== 'object' || value === null) return
        for (const [name, child] of Object.entries(value)) {
          visit(child, `${pointer}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
        }
      }
      visit(JSON.parse(text), '#')
    }),
    { numRuns: 300 },
  )
})

test('elements of an array, in one pass', async (t) => {
  const text = '{"labels": [1, [2, 3] ,"a,]", {"b": [4]}], "bare": 7, "none": []}'
  t.same(elementsAt(text, '#/labels', [3, 0, 1, 4]), ['{"b": [4]}', '1', '[2, 3]', undefined])
  t.same(elementsAt(text, '#/labels', [2]), ['"a,]"'])
  t.same(elementsAt(text, '#/bare', [0, 1]), ['7', undefined], 'what is no array is its only element')
  t.same(elementsAt(text, '#/none', [0]), [undefined])
  t.same(elementsAt(text, '#/absent', [0]), [undefined])
  t.same(elementsAt('[[1, 2], [3]]', '#', [1]), ['[3]'])
})
