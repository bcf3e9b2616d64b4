import t from 'tap'
import { unaccounted } from '../../src/loss/memory.ts'
import { planFor } from '../../src/scanner/plan.ts'
import { DocumentScanner, type ScanLimits } from '../../src/scanner/scanner.ts'
import { ended, KEYS, LIMITS } from './support.ts'

t.test('limits and keys the scanner cannot have', async (t) => {
  const made = (limits: Partial<ScanLimits>) => () => new DocumentScanner(KEYS, { ...LIMITS, ...limits }, unaccounted)
  t.throws(made({ maxDepth: 65 }), new RangeError('maxDepth is 65; it must be an integer from 1 to 64'))
  t.throws(made({ maxKeys: 2000 }), new RangeError('maxKeys is 2000; it must be an integer from 1 to 1024'))
  t.throws(made({ maxNumberLength: 1e6 }), RangeError)
  t.throws(made({ maxElements: 2 ** 28 + 1 }), RangeError)
  t.throws(made({ maxRows: 0 }), RangeError)
  t.throws(made({ maxColumns: 1.5 }), RangeError)
  const many = Array.from({ length: 9 }, (_, i) => `key${i}`)
  t.throws(
    () => new DocumentScanner(many, LIMITS, unaccounted),
    new RangeError('9 tensor keys; at most 8 are possible'),
  )
})

t.test('documents of the same kind share their plan', async (t) => {
  const plan = planFor(KEYS, LIMITS)
  t.equal(planFor(KEYS, LIMITS), plan)
  t.not(planFor([...KEYS], LIMITS), plan)
  t.not(planFor(KEYS, { ...LIMITS }), plan)
})

t.test('as many tensor keys as there can be', async (t) => {
  const keys = Array.from({ length: 8 }, (_, i) => `key ${i} é`)
  const scanner = new DocumentScanner(keys, LIMITS, unaccounted)
  scanner.write(Buffer.from(JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, ['x'.repeat(80), i]])))))
  const { tensors, options } = ended(scanner)
  t.same(options, {})
  for (const [i, key] of keys.entries()) {
    t.strictSame([...tensors[key].data], [NaN, i])
    t.strictSame(tensors[key].nonNumeric, [{ path: [0], received: 'x'.repeat(64) }])
  }
})
