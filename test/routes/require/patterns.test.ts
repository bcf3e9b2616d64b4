import { test } from 'tap'
import { z } from 'zod'
import { NumberRows } from '../../../src/loss/report/number-rows.ts'
import { valueAt } from '../../../src/loss/verdict.ts'
import { figurePatterns, isFigure } from '../../../src/routes/require/patterns.ts'

const schema = z.object({
  loss: z.number().nullable(),
  name: z.string(),
  f1: z.object({ macro: z.number() }).nullable().optional(),
  perClass: z.array(z.object({ recall: z.number(), class: z.union([z.int(), z.string()]) })),
  differences: z.record(z.string(), z.object({ ratio: z.number() })),
})
const patterns = new Set(figurePatterns(schema))

test('the figures of a schema are its numbers, by their paths', async (t) => {
  t.same([...patterns], ['loss', 'f1.macro', 'perClass.*.recall', 'perClass.*.class', 'differences.{}.ratio'])
})

test('an index is an integer, and a key may have points', async (t) => {
  for (const figure of ['loss', 'f1.macro', 'perClass.0.recall', 'perClass.17.recall', 'differences.a.ratio'])
    t.equal(isFigure(figure, patterns), true, figure)
  t.equal(isFigure('differences.metrics.f1.macro.ratio', patterns), true)
  for (const figure of [
    '',
    '.',
    'name',
    'f1',
    'loss.x',
    'perClass.-1.recall',
    'perClass.01.recall',
    'perClass.*.recall',
  ])
    t.equal(isFigure(figure, patterns), false, figure)
  for (const figure of ['__proto__', 'constructor', 'loss.toFixed', 'perClass.length', 'differences.ratio', '{}'])
    t.equal(isFigure(figure, patterns), false, figure)
})

test('a value is what stands at a path, and a null on the way is the value', async (t) => {
  const answer = { loss: 1, f1: null, perClass: [{ recall: 0.5 }], differences: { 'a.b': { ratio: 2 } } }
  t.equal(valueAt(answer, 'loss'), 1)
  t.equal(valueAt(answer, 'f1.macro'), null)
  t.equal(valueAt(answer, 'perClass.0.recall'), 0.5)
  t.equal(valueAt(answer, 'perClass.1.recall'), undefined)
  t.equal(valueAt(answer, 'differences.a.b.ratio'), 2)
  t.equal(valueAt({ losses: new NumberRows(new Float64Array(3)) }, 'losses.width'), undefined)
})

test('no path reaches what an object inherits', async (t) => {
  for (const path of ['__proto__', 'constructor.name', 'toString', 'perClass.length.x', 'perClass.map'])
    t.equal(valueAt({ perClass: [] }, path), undefined, path)
  t.equal(valueAt({}, Array(128).fill('a').join('.')), undefined)
})
