import fc from 'fast-check'
import { test } from 'tap'
import type { Requirement, Result } from '../../src/loss/verdict.ts'
import { betterIs, comparisonVerdictOf, placeOf, verdictOf } from '../../src/loss/verdict.ts'

const mean = { reduction: 'mean' } as const
const z = 1.959963984540054

function resultOf(requirement: Requirement, answer: object): Result {
  return verdictOf([requirement], answer, mean).requirements[0].result
}

test('a figure is compared by its value, bounds included', async (t) => {
  const answer = { accuracy: 0.9, accuracyInterval: [0.85, 0.93] }
  const ofAccuracy = (bounds: Omit<Requirement, 'figure'>) => resultOf({ figure: 'accuracy', ...bounds }, answer)
  t.equal(ofAccuracy({ atLeast: 0.9 }), 'pass')
  t.equal(ofAccuracy({ atMost: 0.9 }), 'pass')
  t.equal(ofAccuracy({ atLeast: 0.91 }), 'fail')
  t.equal(ofAccuracy({ atMost: 0.89 }), 'fail')
  t.equal(ofAccuracy({ atLeast: 0.8, atMost: 0.95 }), 'pass')
  t.equal(ofAccuracy({ atLeast: 0.8, confident: true }), 'pass')
  t.equal(ofAccuracy({ atLeast: 0.85, atMost: 0.93, confident: true }), 'pass')
  t.equal(ofAccuracy({ atLeast: 0.9, confident: true }), 'inconclusive')
  t.equal(ofAccuracy({ atLeast: 0.94, confident: true }), 'fail')
  t.equal(ofAccuracy({ atLeast: 0.88, atMost: 0.9, confident: true }), 'inconclusive')
})

test('the whole verdict says each figure, its interval and why', async (t) => {
  const answer = { loss: 2, lossStatus: 'finite', standardError: 0.5, metrics: { f1: { macro: 0.75 } } }
  const requirements = [
    { figure: 'metrics.f1.macro', atLeast: 0.7 },
    { figure: 'loss', atMost: 2.5, confident: true },
  ]
  t.strictSame(verdictOf(requirements, answer, mean), {
    result: 'inconclusive',
    requirements: [
      {
        figure: 'metrics.f1.macro',
        result: 'pass',
        value: 0.75,
        interval: null,
        detail: 'metrics.f1.macro is 0.75, at least 0.7',
      },
      {
        figure: 'loss',
        result: 'inconclusive',
        value: 2,
        interval: [2 - z * 0.5, 2 + z * 0.5],
        detail: `the interval of loss is ${2 - z * 0.5} to ${2 + z * 0.5}; all of it must be at most 2.5`,
      },
    ],
  })
})

test('what is null, infinite or undefined never passes', async (t) => {
  const everything = { atLeast: -Number.MAX_VALUE, atMost: Number.MAX_VALUE }
  for (const confident of [false, true]) {
    const of = (figure: string, answer: object) => resultOf({ figure, ...everything, confident }, answer)
    t.equal(of('loss', { loss: null, lossStatus: 'infinite', standardError: null }), 'fail')
    t.equal(of('lossSum', { lossSum: null, lossStatus: 'infinite' }), 'fail')
    t.equal(of('loss', { loss: null, lossStatus: 'undefined', standardError: null }), 'inconclusive')
    t.equal(of('accuracy', { accuracy: null, accuracyInterval: null }), 'inconclusive')
    t.equal(of('metrics.f1.macro', { metrics: { f1: null } }), 'inconclusive')
    t.equal(of('perClass.1.loss', { perClass: [{}, { loss: null, lossStatus: 'infinite' }] }), 'fail')
    t.equal(of('metrics.rmse', { metrics: { rmse: Number.NaN } }), 'inconclusive')
  }
  t.equal(resultOf({ figure: 'loss', atMost: 9, confident: true }, { loss: 1, standardError: null }), 'inconclusive')
})

test('an interval of a figure of metrics is found by its path, in a group likewise', async (t) => {
  const part = {
    accuracy: 0.5,
    accuracyInterval: [0.4, 0.6],
    loss: 1,
    standardError: 0.1,
    intervals: { metrics: { f1: { macro: { standardError: 0.01, interval: [0.7, 0.8] } } } },
    metrics: { f1: { macro: 0.75 } },
  }
  const answer = { ...part, groups: [{ groups: [{}, part] }] }
  for (const container of ['', 'groups.0.groups.1.']) {
    const intervalOf = (figure: string) =>
      verdictOf([{ figure: container + figure, atLeast: 0 }], answer, mean).requirements[0].interval
    t.same(intervalOf('accuracy'), [0.4, 0.6])
    t.same(intervalOf('metrics.f1.macro'), [0.7, 0.8])
    t.same(intervalOf('loss'), [1 - z * 0.1, 1 + z * 0.1])
    t.same(placeOf(`${container}loss`), [container, 'loss'])
  }
  const summed = verdictOf([{ figure: 'loss', atLeast: 0 }], answer, { reduction: 'sum' })
  t.equal(summed.requirements[0].interval, null, 'the error is that of the mean')
})

const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -10, max: 10 })

/** The plain rule, from the contract: within, without, or neither. */
function plainly(low: number, high: number, least: number, most: number): Result {
  const ends = [low, high].map((end) => (end >= least && end <= most ? 'in' : 'out'))
  if (ends.every((end) => end === 'in')) return 'pass'
  return high < least || most < low ? 'fail' : 'inconclusive'
}

test('a verdict is what a plain computation says, and that of all requirements the worst', async () => {
  const requirement = fc.record({
    value: number,
    spread: fc.option(fc.double({ noNaN: true, min: 0, max: 5 })),
    ends: fc.tuple(number, number).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
    confident: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(requirement, { minLength: 1, maxLength: 5 }), (all) => {
      const perOutput = all.map(({ value }) => value)
      const ofOutputs = all.map(({ value, spread }) => ({
        standardError: spread,
        interval: spread === null ? null : [value - spread, value + spread],
      }))
      const answer = { metrics: { r2: { perOutput } }, intervals: { metrics: { r2: { perOutput: ofOutputs } } } }
      const requirements = all.map(({ ends: [atLeast, atMost], confident }, at) => ({
        figure: `metrics.r2.perOutput.${at}`,
        atLeast,
        atMost,
        confident,
      }))
      const expected = all.map(({ value, spread, ends: [least, most], confident }): Result => {
        if (!confident) return plainly(value, value, least, most)
        return spread === null ? 'inconclusive' : plainly(value - spread, value + spread, least, most)
      })
      const worst = (['fail', 'inconclusive', 'pass'] as const).find((result) => expected.includes(result))
      const verdict = verdictOf(requirements, answer, mean)
      return verdict.result === worst && verdict.requirements.every(({ result }, at) => result === expected[at])
    }),
  )
})

test('a difference passes where all of its interval is on the right side of the margin', async () => {
  const figure = fc.constantFrom('loss', 'accuracy', 'metrics.f1.macro', 'metrics.rmse')
  fc.assert(
    fc.property(
      figure,
      number,
      fc.double({ noNaN: true, min: 0, max: 5 }),
      fc.double({ noNaN: true, min: 0, max: 3 }),
      (name, value, spread, margin) => {
        const interval = [value - spread, value + spread]
        const paired = { value, standardError: 1, interval }
        const difference = {
          loss: value,
          interval,
          accuracy: paired,
          metrics: { f1: { macro: paired }, rmse: paired },
        }
        // how much worse the new model is, at best and at worst
        const isLower = name === 'loss' || name === 'metrics.rmse'
        const [best, worst] = isLower ? interval : interval.map((end) => -end).reverse()
        const expected = worst <= margin ? 'pass' : best > margin ? 'fail' : 'inconclusive'
        return comparisonVerdictOf([{ figure: name, margin }], { predictions: {}, difference }).result === expected
      },
    ),
  )
})

test('a difference that is not finite never passes', async (t) => {
  const difference = { loss: null, interval: null, accuracy: { value: null, interval: null } }
  const of = (figure: string, lossStatus: string) =>
    comparisonVerdictOf([{ figure, margin: 1e9 }], { predictions: { lossStatus }, difference }).result
  t.equal(of('loss', 'infinite'), 'fail')
  t.equal(of('loss', 'finite'), 'inconclusive', 'the baseline is infinite')
  t.equal(of('accuracy', 'finite'), 'inconclusive')
})

test('one table says what is better', async (t) => {
  for (const figure of ['loss', 'metrics.rmse', 'metrics.maxError', 'metrics.perOutput.0.falsePositives'])
    t.equal(betterIs(figure), 'lower', figure)
  for (const figure of ['accuracy', 'metrics.f1.macro', 'ranking.rocAuc', 'metrics.r2.uniformAverage', 'topKAccuracy'])
    t.equal(betterIs(figure), 'higher', figure)
  t.equal(betterIs('metrics.meanError'), undefined)
})
