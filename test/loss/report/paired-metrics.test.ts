import { readFileSync } from 'node:fs'
import { test } from 'tap'
import type { Comparison } from '../../../src/loss/comparison.ts'
import { compare } from '../../../src/loss/comparison.ts'
import type { EvaluationContext } from '../../../src/loss/evaluation.ts'
import { pack } from '../../../src/loss/pack.ts'
import type { Request } from '../support.ts'
import { finish, heldAfterEnds, Ledger, misses, specOf, tensorsOf, unlimited } from '../support.ts'

interface PairRequest extends Request {
  readonly baseline: unknown
}

const fixture = new URL('../../fixtures/intervals.json', import.meta.url)
const { comparisons } = JSON.parse(readFileSync(fixture, 'utf8')) as {
  comparisons: { name: string; request: PairRequest; metrics: object }[]
}

function begin({ baseline, ...request }: PairRequest, context: EvaluationContext = unlimited) {
  return compare(specOf(request), { ...tensorsOf(request), baseline: pack('baseline', baseline) }, context)
}

function compared(request: PairRequest): Comparison {
  return finish(begin(request))
}

test('differences of figures have the standard errors of numeric influences, paired', async (t) => {
  t.ok(comparisons.length >= 6)
  for (const { name, request, metrics } of comparisons) {
    t.same(misses(compared(request).difference.metrics, metrics, 1e-11), [], name)
  }
})

test('a model does not differ from itself, and the other way round is the other sign', async (t) => {
  for (const { name, request } of comparisons) {
    const same = JSON.stringify(compared({ ...request, baseline: request.predictions }).difference.metrics)
    t.notMatch(same.replaceAll(/perOutput|f1|r2/g, ''), /[1-9]/, name)
    const swapped = { ...request, predictions: request.baseline, baseline: request.predictions } as PairRequest
    const [one, other] = [compared(request), compared(swapped)].map(({ difference }) => difference.metrics)
    t.same(misses(negated(other), one, 1e-14), [], name)
  }
})

test('rows of any order and group have the same bits', async (t) => {
  for (const { name, request } of comparisons) {
    const reversed = {
      ...request,
      predictions: (request.predictions as unknown[]).toReversed(),
      baseline: (request.baseline as unknown[]).toReversed(),
      labels: (request.labels as unknown[]).toReversed(),
      sampleWeights: request.sampleWeights?.toReversed(),
    } as PairRequest
    const whole = compared(request).difference
    t.strictSame(compared(reversed).difference, whole, name)
    const rows = (request.labels as unknown[]).length
    const groups = { one: new Array(rows).fill('all'), half: Array.from({ length: rows }, (_, i) => i % 2) }
    const grouped = compared({ ...request, groups, groupBy: ['half', 'one'] })
    t.strictSame(grouped.difference, whole, name)
    t.strictSame(grouped.groups?.[1].groups[0].difference, whole, name)
    const odd = <Value>(list: readonly Value[]) => list.filter((_, i) => i % 2 === 1)
    const half = {
      ...request,
      predictions: odd(request.predictions as unknown[]),
      baseline: odd(request.baseline as unknown[]),
      labels: odd(request.labels as unknown[]),
      sampleWeights: request.sampleWeights && odd(request.sampleWeights),
    } as PairRequest
    t.strictSame(grouped.groups?.[0].groups[1].difference, compared(half).difference, name)
  }
})

test('only with metrics and intervals; nothing stays held', async (t) => {
  const [{ request }] = comparisons
  t.notOk('metrics' in compared({ ...request, include: ['metrics'] }).difference)
  t.notOk('metrics' in compared({ ...request, include: ['intervals', 'ranking'] }).difference)
  const complete = new Ledger()
  finish(begin(request, { ...unlimited, memory: complete }))
  const answers = complete.held
  const held = heldAfterEnds((memory) => begin(request, { ...unlimited, memory }))
  t.ok(
    held.every((bytes) => bytes === 0 || bytes === answers),
    'all, or what the answer takes',
  )
})

function negated(value: unknown, name = ''): unknown {
  if (typeof value === 'number') return name === 'standardError' ? value : 0 - value
  if (name === 'interval' && Array.isArray(value)) return value.map((end) => 0 - end).toReversed()
  if (Array.isArray(value)) return value.map((each) => negated(each))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, negated(each, key)]))
}
