import t from 'tap'
import { DocumentScanner, type ScanLimits } from '../../src/scanner/scanner.ts'
import { unaccounted } from '../unaccounted.ts'
import { ended, KEYS, LIMITS } from './support.ts'

t.test('limits and keys the scanner cannot have', async (t) => {
  const made = (limits: Partial<ScanLimits>) => () => new DocumentScanner(KEYS, { ...LIMITS, ...limits }, unaccounted)
  t.throws(made({ maxDepth: 65 }), new RangeError('maxDepth is 65; it must be an integer from 1 to 64'))
  const tooMany = '1000 keys of 1024 bytes can take 1553568 bytes; they may take 454656'
  t.throws(made({ maxKeys: 1000 }), new RangeError(tooMany))
  t.throws(made({ maxKeys: 1, maxKeyLength: 2 ** 28 }), RangeError)
  t.throws(made({ maxKeys: 2000 }), new RangeError('maxKeys is 2000; it must be an integer from 1 to 1024'))
  t.doesNotThrow(made({ maxKeys: 1024, maxKeyLength: 256 }))
  t.throws(made({ maxNumberLength: 1e6 }), RangeError)
  t.throws(made({ maxElements: 2 ** 28 + 1 }), RangeError)
  t.throws(made({ maxRows: 0 }), RangeError)
  t.throws(made({ maxColumns: 1.5 }), RangeError)
  const long = ['x'.repeat(500), 'x'.repeat(13)]
  const tooLong = 'The tensor keys take 528 bytes; they may take 512'
  t.throws(() => new DocumentScanner(long, LIMITS, unaccounted), new RangeError(tooLong))
})

t.test('as many tensor keys as there can be', async (t) => {
  const keys = Array.from({ length: 16 }, (_, i) => `${i.toString(16)}é\u8000\ud83d\ude00xxxxxxxxxx`)
  const scanner = new DocumentScanner(keys, LIMITS, unaccounted)
  scanner.write(Buffer.from(JSON.stringify(Object.fromEntries(keys.map((key, i) => [key, ['x'.repeat(80), i]])))))
  const { tensors, options } = ended(scanner)
  t.same(options, {})
  for (const [i, key] of keys.entries()) {
    t.strictSame([...tensors[key].data], [NaN, i])
    t.strictSame(tensors[key].nonNumeric, [{ path: [0], received: 'x'.repeat(64) }])
  }
})
