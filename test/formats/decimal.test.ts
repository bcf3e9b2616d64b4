import { test } from 'tap'
import { decimals } from '../../src/formats/table/decimal.ts'

test('a decimal is its double where it is exactly one, and nothing otherwise', (t) => {
  // the oracle is Python's fractions: Fraction(unscaled, 10 ** scale) == Fraction(double)
  const table: [unscaled: bigint, scale: number, double: number | undefined][] = [
    [25n, 2, 0.25],
    [-25n, 2, -0.25],
    [10n, 2, undefined],
    [0n, 38, 0],
    // a hundredth apart, where doubles are 2 ** -6 apart
    [9_007_199_254_740_950n, 2, 90_071_992_547_409.5],
    [9_007_199_254_740_951n, 2, undefined],
    [2n ** 53n + 1n, 0, undefined],
    [2n ** 100n, 0, 2 ** 100],
    [3n, -2, 300],
    [5n ** 76n, 76, 2 ** -76],
    // no file has so many digits
    [1n, 2 ** 31 - 1, undefined],
    [1n, -(2 ** 31), undefined],
  ]
  for (const [unscaled, scale, double] of table) t.equal(decimals(scale)(unscaled), double, `${unscaled} ${scale}`)
  t.end()
})
