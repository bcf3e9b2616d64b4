import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { mcnemarPValue } from '../../../src/loss/numerics/binomial.ts'

const { pValues } = JSON.parse(readFileSync(new URL('../../fixtures/comparisons.json', import.meta.url), 'utf8')) as {
  pValues: { b: number; c: number; pValue: number }[]
}

test('p-values are those of integers, for a few pairs and for a million', async (t) => {
  for (const { b, c, pValue } of pValues) {
    const found = mcnemarPValue(b, c)
    const isRight = b + c <= 1200 || pValue < 1e-300 ? Math.abs(found - pValue) <= 1e-300 : found === pValue
    t.ok(isRight || Math.abs(found - pValue) <= 1e-12 * pValue, `${b}, ${c}: ${found}, not ${pValue}`)
    t.equal(mcnemarPValue(c, b), found)
  }
})

test('no pairs, and pairs that are equally many, tell nothing', async (t) => {
  for (const pairs of [0, 1, 1e3, 1e6, 2 ** 25]) {
    t.equal(mcnemarPValue(pairs, pairs), 1)
    t.equal(mcnemarPValue(pairs, pairs + 1), 1)
  }
})

test('where both ways of computing meet they agree, and p-values fall from pair to pair', async (t) => {
  for (const fewer of [420, 500, 560]) {
    const [exact, next] = [mcnemarPValue(fewer, 1200 - fewer), mcnemarPValue(fewer, 1201 - fewer)]
    // P(X <= m) of n + 1 trials is that of n less half of P(X = m)
    t.ok(next < exact && next > exact / 2, `${fewer}`)
  }
})

test('what is below all doubles is 0', async (t) => {
  t.equal(mcnemarPValue(0, 2000), 0)
  t.equal(mcnemarPValue(10, 1e6), 0)
  t.equal(mcnemarPValue(1e6, 2e6), 0)
})
