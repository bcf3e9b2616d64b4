import fc from 'fast-check'
import { test } from 'tap'
import type { Include } from '../../../src/loss/formats.ts'
import { labelFormats, predictionFormats } from '../../../src/loss/formats.ts'
import { losses, lossNames } from '../../../src/loss/kernels/index.ts'
import type { Loss } from '../../../src/loss/kernels/loss.ts'
import { decisionBy } from '../../../src/loss/options.ts'
import type { Rational } from '../exact.ts'
import { isNearest, units } from '../exact.ts'
import type { Combination, Problem, Row } from '../problems.ts'
import {
  anywhere,
  between,
  combinations,
  inside,
  labelOf,
  logOf,
  predictionOf,
  problems,
  requestOf,
} from '../problems.ts'
import type { SentAnswer } from '../support.ts'
import { evaluate } from '../support.ts'

/*
 * What every registered loss must satisfy, with every format of labels and predictions that it takes.
 */

const run = { seed: 604, numRuns: 15 }

/** Every part that an answer to the combination may have. */
function partsOf({ loss, labelFormat, predictionFormat }: Combination, outputs: number): Include[] {
  const decision = decisionBy(losses[loss], labelFormat)
  const sections: Include[] = ['perSample', 'gradient']
  if (decision === 'class' || (decision === 'binary' && outputs === 1)) {
    sections.push('perClass', 'confusion')
    if (predictionFormat !== 'values') sections.push('calibration')
  }
  return sections
}

function whole(problem: Problem, sections: Include[] = []): SentAnswer {
  return evaluate({ ...requestOf(problem, problem.rows), include: sections })
}

/** How a property fails, or nothing. */
function failureOf<Values>(property: fc.IProperty<Values>, parameters: fc.Parameters<Values>): string {
  const details = fc.check(property, parameters)
  return details.failed ? (fc.defaultReportMessage(details) ?? 'it fails') : ''
}

/** The problem without the list of losses, which goes row by row. */
function withoutLosses(problem: Problem): Problem {
  const { reduction } = problem.options
  return { ...problem, options: { ...problem.options, reduction: reduction === 'none' ? undefined : reduction } }
}

/** The problem with its numbers rounded to multiples of 2^-30, so that none is next to 0. */
function coarse(problem: Problem): Problem {
  const round = (value: number) => Math.round(value * 2 ** 30) / 2 ** 30
  const rows = problem.rows.map(({ prediction, label, weight }) => ({
    prediction: prediction.map(round),
    label: typeof label === 'number' ? label : label.map(round),
    weight,
  }))
  return { ...problem, rows }
}

/** Rows in another order, and the order. */
function shuffled(rows: readonly Row[]): fc.Arbitrary<Row[]> {
  return fc.shuffledSubarray([...rows], { minLength: rows.length, maxLength: rows.length })
}

test('names and formats', async (t) => {
  t.same(lossNames, Object.keys(losses))
  for (const name of ['sse', 'mse', 'mae', 'cross-entropy', 'binary-cross-entropy'] as const) t.ok(name in losses, name)
  for (const [name, loss] of Object.entries<Loss>(losses)) {
    t.match(name, /^[a-z]+(-[a-z\d]+)*$/)
    t.ok(loss.title !== '' && loss.formula.startsWith('l_i = ') && loss.source !== '', `${name} says what it is`)
    t.ok(
      loss.labelFormats.length > 0 && loss.labelFormats.every((format) => labelFormats.includes(format)),
      `${name}: labels`,
    )
    t.ok(
      loss.predictionFormats.length > 0 && loss.predictionFormats.every((format) => predictionFormats.includes(format)),
      `${name}: predictions`,
    )
    t.equal(
      loss.labelFormats.includes('one-hot'),
      loss.labelFormats.includes('index'),
      `${name}: classes are taken in both forms`,
    )
  }
})

test('one-hot rows and indices give the same bits', async (t) => {
  for (const combination of combinations.filter(({ labelFormat }) => labelFormat === 'index')) {
    const property = fc.property(problems(combination), (problem) => {
      const sections = partsOf(combination, problem.rows[0].prediction.length)
      const text = (labelFormat: 'one-hot' | 'index') => {
        const { spec, ...rest } = whole({ ...problem, options: { ...problem.options, labelFormat } }, sections)
        return JSON.stringify({ ...rest, spec: { ...spec, labelFormat: undefined } })
      }
      return text('one-hot') === text('index')
    })
    t.equal(failureOf(property, run), '', combination.name)
  }
})

test('the order of the rows changes no bit', async (t) => {
  for (const combination of combinations) {
    const permuted = problems(combination)
      .map(withoutLosses)
      .chain((problem) => fc.tuple(fc.constant(problem), shuffled(problem.rows)))
    const property = fc.property(permuted, ([problem, rows]) => {
      const sections = partsOf(combination, rows[0].prediction.length).slice(2)
      return JSON.stringify(whole(problem, sections)) === JSON.stringify(whole({ ...problem, rows }, sections))
    })
    t.equal(failureOf(property, run), '', combination.name)
  }
})

test('weights in another unit: a power of two changes no bit of the mean, any factor next to nothing', async (t) => {
  const near = (a: number | null, b: number | null) =>
    a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-12 * Math.max(1, Math.abs(b)))
  for (const combination of combinations) {
    const factor = between(0.01, 100)
    // products of subnormal numbers are not exact
    const weights = fc.oneof(fc.constantFrom(0, 1), between(1e-3, 10))
    const weighted = problems(combination, { ...anywhere, weights }).map(coarse)
    const property = fc.property(weighted, fc.integer({ min: -40, max: 40 }), factor, (given, power, factor) => {
      const problem: Problem = { ...given, isWeighted: true, options: { ...given.options, reduction: 'mean' } }
      const scaled = (by: number) => {
        const rows = problem.rows.map((row) => ({ ...row, weight: row.weight * by }))
        const { loss, lossStatus, accuracy, accuracyInterval, standardError } = whole({ ...problem, rows })
        return { loss, lossStatus, accuracy, accuracyInterval, standardError }
      }
      const plain = scaled(1)
      const other = scaled(factor)
      return (
        JSON.stringify(scaled(2 ** power)) === JSON.stringify(plain) &&
        near(other.loss, plain.loss) &&
        near(other.accuracy, plain.accuracy) &&
        near(other.standardError, plain.standardError)
      )
    })
    t.equal(failureOf(property, run), '', combination.name)
  }
})

test('the gradient is the slope of the loss', async (t) => {
  const step = 2 ** -20
  for (const combination of combinations) {
    const { loss, labelFormat, predictionFormat } = combination
    const hasRowSums = predictionFormat.endsWith('probabilities') && decisionBy(losses[loss], labelFormat) === 'class'
    let compared = 0
    let skipped = 0
    const property = fc.property(problems(combination, inside), ({ options, ...rest }) => {
      const problem = { ...rest, options: { ...options, rowSumTolerance: hasRowSums ? 1 : undefined } }
      const { loss: here, gradient } = whole(problem, ['gradient'])
      const lossAt = (at: number, k: number, change: number) => {
        const rows = problem.rows.map((row, i) =>
          i === at ? { ...row, prediction: row.prediction.map((y, j) => (j === k ? y + change : y)) } : row,
        )
        return whole({ ...problem, rows }).loss ?? Number.NaN
      }
      for (const [i, slopes] of (gradient as number[][]).entries()) {
        // the direction of a short row turns within a step
        if (loss === 'cosine' && problem.rows[i].prediction.every((y) => Math.abs(y) < 0.01)) continue
        for (const [k, slope] of slopes.entries()) {
          const above = lossAt(i, k, step)
          const below = lossAt(i, k, -step)
          const left = ((here ?? Number.NaN) - below) / step
          const right = (above - (here ?? Number.NaN)) / step
          // at a kink there is no slope to compare with
          if (Math.abs(left - right) > 1e-3 * (1 + Math.abs(left))) {
            skipped++
            continue
          }
          compared++
          const central = (above - below) / (2 * step)
          if (!(Math.abs(central - slope) <= 1e-5 * (1 + Math.abs(central)))) return false
        }
      }
      return true
    })
    t.equal(failureOf(property, { ...run, numRuns: 10 }), '', combination.name)
    t.ok(compared > 40, `${combination.name}: ${compared} slopes compared, ${skipped} kinks`)
  }
})

/** The prediction that says exactly what the label says. */
function perfect(
  { loss, predictionFormat, labelFormat }: Combination,
  label: number | readonly number[],
  outputs: number,
): number[] {
  const targets =
    typeof label === 'number' ? Array.from({ length: outputs }, (_, k) => (k === label ? 1 : 0)) : [...label]
  if (predictionFormat === 'logits') {
    const isBinary = decisionBy(losses[loss], labelFormat) === 'binary'
    return targets.map((t) => Math.max(-800, Math.min(800, isBinary ? Math.log(t) - Math.log1p(-t) : Math.log(t))))
  }
  if (predictionFormat === 'log-probabilities') return targets.map(logOf)
  // logarithms of rates
  if (loss === 'poisson') return targets.map(logOf)
  // scores whose sign decides are at their margin
  return losses[loss].threshold === 0 ? targets.map((t) => 2 * t - 1) : targets
}

test('a perfect prediction has the least loss', async (t) => {
  for (const combination of combinations) {
    const { loss, labelFormat, predictionFormat } = combination
    const decision = decisionBy(losses[loss], labelFormat)
    const outputs = 3
    const options: Problem['options'] = {
      loss,
      labelFormat,
      predictionFormat,
      ...((losses[loss] as Loss).options.includes('logPolicy') ? { logPolicy: 'exact' } : {}),
    }
    // labels that predictions of this format can meet
    const reachable = predictionFormat === 'probabilities' && labelFormat === 'values' ? 'probabilities' : labelFormat
    const label = labelOf(loss, reachable, decision, outputs, anywhere)
    const property = fc.property(
      label,
      predictionOf(loss, predictionFormat, decision, outputs, anywhere),
      (label, prediction) => {
        // soft labels of a loss of any numbers need not sum to 1, but predictions of classes do
        const best = perfect(combination, label, outputs)
        const rows = (prediction: readonly number[]) => [{ prediction, label, weight: 1 }]
        const at = (prediction: readonly number[]) => {
          const hasSums = predictionFormat.endsWith('probabilities') && decision === 'class'
          const tolerance = hasSums ? { rowSumTolerance: 3 } : {}
          const answer = whole({ options: { ...options, ...tolerance }, rows: rows(prediction), isWeighted: false })
          return answer.loss ?? Number.POSITIVE_INFINITY
        }
        return at(best) <= at(prediction) + 1e-12 && Number.isFinite(at(best))
      },
    )
    t.equal(failureOf(property, { ...run, numRuns: 30 }), '', combination.name)
  }
})

/** Whether a number is so near to 0 that its inverse is beyond the range of a double. */
function isExtreme({ options, rows }: Problem): boolean {
  const numbers = [
    ...rows.flatMap(({ prediction, weight }) => [...prediction, weight]),
    ...(options.classWeights ?? []),
  ]
  return numbers.some((value) => value !== 0 && Math.abs(value) < 1e-290)
}

/** The paths of all nulls, and of all numbers that JSON does not have. */
function blanks(value: unknown, path = ''): string[] {
  if (value === null || value === undefined || (typeof value === 'number' && !Number.isFinite(value)))
    return [`${path}: ${value}`]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, each]) => blanks(each, `${path}/${key}`))
}

/** The share of right decisions, weighted, as integers say. */
function accuracyOf({ rows, isWeighted }: Problem, { perSample }: SentAnswer, decisionsPerRow: number): Rational {
  let right = 0n
  let all = 0n
  for (const [at, { weight }] of rows.entries()) {
    const s = units(isWeighted ? weight : 1)
    right += s * BigInt(perSample?.correct?.[at] ?? 0)
    all += s * BigInt(decisionsPerRow)
  }
  return [right, all]
}

test('numbers agree with each other, and nulls stand only where they mean something', async (t) => {
  for (const combination of combinations) {
    const decision = decisionBy(losses[combination.loss], combination.labelFormat)
    const property = fc.property(problems(combination), (problem) => {
      const outputs = problem.rows[0].prediction.length
      const { isWeighted, rows } = problem
      const answer = whole(problem, ['perSample', 'gradient'])
      const { loss, lossStatus, lossSum, weightSum, accuracy, accuracyInterval, correct, standardError } = answer
      const weighted = rows.filter(({ weight }) => !isWeighted || weight > 0).length
      const weighs = weighted > 0
      const nulls = new Set(blanks(answer).map((each) => each.replace(/\/\d+/g, '/*')))
      const allowed = [
        ...(lossStatus === 'finite' ? [] : ['/loss: null', '/standardError: null', '/gradient: null']),
        ...(lossStatus === 'infinite' ? ['/lossSum: null', '/losses/*: null', '/perSample/losses/*: null'] : []),
        // 1 / y of the least y, or a share of the least weight, is beyond the range of a double
        ...(isExtreme(problem) ? ['/gradient/*/*: null', '/standardError: null'] : []),
        // (1 - y)^(gamma - 1) at y = 1
        ...((problem.options.gamma ?? 1) < 1 ? ['/gradient/*/*: null'] : []),
        ...(weighted < 2 || problem.options.classWeights?.includes(0) ? ['/standardError: null'] : []),
        ...(decision === 'none'
          ? ['/accuracy: null', '/accuracyInterval: null', '/correct: null', '/perSample/correct: null']
          : []),
        ...(weighs ? [] : ['/accuracy: null', '/accuracyInterval: null', '/topKAccuracy: null']),
      ]
      const decisions = decision === 'binary' ? outputs * rows.length : rows.length
      const mean =
        problem.options.reduction === 'sum' ||
        (problem.options.reduction === undefined && losses[combination.loss].reduction === 'sum')
          ? lossSum
          : (lossSum ?? 0) / weightSum
      return (
        Array.from(nulls).every((each) => allowed.includes(each)) &&
        (loss === null) === (lossStatus !== 'finite') &&
        (answer.gradient === null) === (lossStatus !== 'finite') &&
        (loss === null || Math.abs(loss - (mean ?? Number.NaN)) <= 1e-15 * Math.abs(loss)) &&
        (decision === 'none') === (correct === null) &&
        (problem.options.topK !== 1 || answer.topKAccuracy === accuracy) &&
        (correct === null || (correct >= 0 && correct <= decisions)) &&
        (accuracy === null) === (decision === 'none' || !weighs) &&
        (accuracy === null || isNearest(accuracy, accuracyOf(problem, answer, decisions / rows.length))) &&
        (accuracy === null) === (accuracyInterval === null) &&
        (accuracyInterval === null ||
          (0 <= accuracyInterval[0] &&
            accuracyInterval[0] <= (accuracy ?? -1) &&
            (accuracy ?? 2) <= accuracyInterval[1] &&
            accuracyInterval[1] <= 1)) &&
        (standardError === null || standardError >= 0) &&
        answer.samples === rows.length &&
        answer.outputs === outputs &&
        answer.ties <= rows.length &&
        answer.clipped <= rows.length &&
        answer.ignored === 0
      )
    })
    t.equal(failureOf(property, { ...run, numRuns: 30 }), '', combination.name)
  }
})
