import { test } from 'tap'
import { twoSidedTail } from '../../../src/loss/numerics/normal.ts'

test('the two tails of the normal distribution, by mpmath.erfc(z / sqrt(2)) to 40 digits', async (t) => {
  const cases: [z: number, chance: number][] = [
    [0, 1.0],
    [1e-8, 0.9999999920211544],
    [0.1, 0.920344325445942],
    [0.5, 0.6170750774519738],
    [1, 0.3173105078629141],
    [1.959963984540054, 0.050000000000000024],
    [2.5, 0.01241933065155227],
    [2.8284, 0.004678131390933195],
    [2.83, 0.004654800413463108],
    [3, 0.002699796063260189],
    [4, 6.334248366623985e-5],
    [6, 1.973175290075396e-9],
    [10, 1.523970604832105e-23],
    [20, 5.5072482372124675e-89],
    [30, 9.813427854296374e-198],
    [37, 1.1451142445049154e-299],
  ]
  for (const [z, chance] of cases) {
    const found = twoSidedTail(z)
    t.ok(Math.abs(found - chance) <= 4e-13 * chance, `${z}: ${found}, not ${chance}`)
  }
})
