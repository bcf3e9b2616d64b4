import fc from 'fast-check'
import { test } from 'tap'
import { Evaluation } from '../../../src/loss/evaluation.ts'
import type { GroupValue } from '../../../src/loss/groups/columns.ts'
import type { GroupReport } from '../../../src/loss/groups/report.ts'
import { merge } from '../../../src/loss/state.ts'
import { uniformIntegers } from '../../../src/runtime/random.ts'
import type { Problem } from '../problems.ts'
import { combinations, problems, requestOf } from '../problems.ts'
import type { Request, SentAnswer } from '../support.ts'
import {
  asSent,
  bytesOf,
  countSteps,
  errorsOf,
  evaluate,
  finish,
  heldAfterEnds,
  readBytes,
  specOf,
  stateOf,
  tensorsOf,
  unlimited,
} from '../support.ts'

const random = { ...unlimited, uniformIntegers }
const run = { seed: 24, numRuns: 6 }

/** What a group has of the answer to its rows alone. */
function ownFigures({ spec, losses, perSample, gradient, ranking, groups, populationSize, ...figures }: SentAnswer) {
  return figures
}

function groupsIn(answer: SentAnswer): Record<string, object>[] {
  return (answer.groups ?? []).map(({ groups }) =>
    Object.fromEntries(
      groups.map(({ key, ...group }) => [JSON.stringify(Object.values(key)), asSent(group as GroupReport)]),
    ),
  )
}

function picked<Value>(values: readonly Value[], chosen: readonly number[]): Value[] {
  return chosen.map((at) => values[at])
}

const keys: readonly GroupValue[] = ['KR', 'DE', '1', 1, -3, true, false, null, '']
const keyColumn = fc.array(fc.constantFrom(...keys), { minLength: 40, maxLength: 40 })

test('each group has the bits of its rows alone, and all rows have what they have without groups', async (t) => {
  for (const combination of combinations.filter((_, at) => at % 9 === 0)) {
    const property = fc.property(problems(combination), keyColumn, keyColumn, (problem: Problem, country, device) => {
      const request = requestOf(problem, problem.rows)
      const { length } = problem.rows
      const groups = { country: country.slice(0, length), device: device.slice(0, length) }
      const groupBy = ['country', ['device', 'country']]
      const whole = evaluate({ ...request, groups, groupBy })
      const { groups: reports, spec, ...rest } = whole
      const { spec: plainSpec, ...plain } = evaluate(request)
      t.strictSame(rest, plain, combination.name)
      t.strictSame(spec, { ...plainSpec, groupBy }, combination.name)
      const byText = [
        (i: number) => JSON.stringify([groups.country[i]]),
        (i: number) => JSON.stringify([groups.device[i], groups.country[i]]),
      ]
      for (const [at, found] of groupsIn(whole).entries()) {
        const texts = problem.rows.map((_, i) => byText[at](i))
        t.same(new Set(Object.keys(found)), new Set(texts))
        for (const text of new Set(texts)) {
          const rows = problem.rows.filter((_, i) => texts[i] === text)
          t.strictSame(found[text], ownFigures(evaluate(requestOf(problem, rows))), `${combination.name} ${text}`)
        }
      }
      t.same(
        reports?.map(({ by }) => by),
        [['country'], ['device', 'country']],
      )
    })
    fc.assert(property, run)
  }
})

const include = ['perClass', 'confusion', 'confusionWeights', 'calibration', 'metrics'] as const
const rows = 3000

function large(count = rows): Request {
  const uniform = uniformIntegers(5)
  const predictions = Array.from({ length: count }, () => {
    const parts = [1 + uniform(100), 1 + uniform(100), 1 + uniform(100)]
    const sum = parts.reduce((a, b) => a + b)
    return parts.map((part) => part / sum)
  })
  return {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions,
    labels: predictions.map((_, i) => (i % 11 === 0 ? -100 : uniform(3))),
    ignoreIndex: -100,
    sampleWeights: predictions.map(() => uniform(4) / 2),
    include: [...include],
    topK: 2,
    groups: {
      country: predictions.map(() => ['KR', 'DE', 'US', null][uniform(4)]),
      bucket: predictions.map(() => uniform(12)),
    },
    groupBy: ['country', ['country', 'bucket']],
  }
}

function part(request: Request, chosen: readonly number[]): Request {
  const { country, bucket } = request.groups ?? {}
  return {
    ...request,
    predictions: picked(request.predictions as unknown[], chosen),
    labels: picked(request.labels as unknown[], chosen),
    sampleWeights: request.sampleWeights && picked(request.sampleWeights, chosen),
    groups: { country: picked(country, chosen), bucket: picked(bucket, chosen) },
  }
}

test('neither order nor cut matters, and a state keeps its groups', async (t) => {
  const request = large()
  const all = Array.from({ length: rows }, (_, i) => i)
  const whole = evaluate(request)
  t.strictSame(evaluate(part(request, all.toReversed())), whole)
  const cuts = [0, 1, 700, 701, rows].map((from, at, ends) => part(request, all.slice(from, ends[at + 1] ?? from)))
  const [first, ...others] = cuts.slice(0, -1).toReversed()
  t.strictSame(evaluate(first, unlimited, ...others), whole, 'as a stream')
  const bytes = bytesOf(stateOf(request))
  const merged = [first, ...others].map((batch) => readBytes(bytesOf(stateOf(batch)), specOf(request))).reduce(merge)
  t.same(bytesOf(merged), bytes, 'merged from what was stored')
  t.same(bytesOf(readBytes(bytes, specOf(request))), bytes)
  for (const length of [bytes.length - 1, bytes.length - 100]) {
    t.throws(() => readBytes(bytes.subarray(0, length), specOf(request)), { name: 'InvalidState' })
  }
})

test('rows of a mini-batch are grouped as they are drawn', async (t) => {
  for (const replacement of [true, false]) {
    const request: Request = { ...large(), miniBatch: { size: 500, seed: 3, replacement }, reduction: 'none' }
    const { groups: _, ...ungrouped } = request
    const { groupBy: __, ...plain } = ungrouped
    const answer = evaluate(request, random)
    const { groups, spec, ...rest } = answer
    const { spec: ___, ...expected } = evaluate(plain, random)
    t.strictSame(rest, expected)
    const samples = groups?.map(({ groups: all }) => all.reduce((sum, group) => sum + group.samples, 0))
    t.same(samples, [500, 500])
    t.equal(
      groups?.[0].groups.reduce((sum, { ignored }) => sum + ignored, 0),
      answer.ignored,
    )
  }
})

test('parts about single rows are those of all rows in their order', async (t) => {
  const { groups, groupBy, ...plain } = large()
  const parts = {
    include: ['perSample', 'gradient', 'ranking', 'metrics'] as Request['include'],
    reduction: 'none' as const,
  }
  const answer = evaluate({ ...plain, ...parts, groups, groupBy })
  const { groups: reports, spec, ...rest } = answer
  const { spec: _, ...expected } = evaluate({ ...plain, ...parts })
  t.strictSame(rest, expected)
  const [first] = reports?.[0].groups ?? []
  t.ok('metrics' in first && !('perSample' in first) && !('losses' in first) && !('gradient' in first))
})

const few: Request = {
  loss: 'mae',
  labelFormat: 'values',
  predictions: [1, 2, 3, 4, 5],
  labels: [0, 0, 0, 0, 0],
  groups: { key: ['b', 'B', 10, null, 9] },
  groupBy: ['key'],
}

test('groups stand in the order of their keys: null, booleans, integers, strings by code units', async (t) => {
  const values = ['\u{1f600}', '\uffff', 'a', 'B', '10', '9', 10, 9, -1, true, false, null]
  const request = { ...few, predictions: values.map(() => 1), labels: values.map(() => 0), groups: { key: values } }
  const found = evaluate(request).groups?.[0].groups.map(({ key }) => key.key)
  t.same(found, [null, false, true, -1, 9, 10, '10', '9', 'B', 'a', '\u{1f600}', '\uffff'])
})

test('differences are between the groups that have a number', async (t) => {
  const request: Request = { ...few, predictions: [1, 3, -2, 5], labels: [0, 0, 0, 0], groups: { key: [1, 1, 2, 3] } }
  const weighted = { ...request, sampleWeights: [1, 1, 1, 0], include: ['metrics'] as const }
  const [{ differences }] = evaluate(weighted).groups ?? []
  const both = {
    lowest: { key: { key: 1 }, value: 2 },
    highest: { key: { key: 1 }, value: 2 },
    difference: 0,
    ratio: 1,
  }
  t.strictSame(differences.loss, both, 'the first of equal groups; one without weight has none')
  t.notOk('accuracy' in differences)
  t.same(differences['metrics.meanError'], {
    lowest: { key: { key: 2 }, value: -2 },
    highest: { key: { key: 1 }, value: 2 },
    difference: 4,
    ratio: null,
  })
  t.match(differences['metrics.rmse'], { highest: { value: Math.sqrt(5) }, ratio: Math.sqrt(5) / 2 })
  t.notOk(Object.keys(differences).some((path) => path.includes('perOutput')))
  const binary: Request = {
    loss: 'brier',
    labelFormat: 'binary',
    predictions: [0.9, 0.1, 0.2, 0.8],
    labels: [1, 0, 1, 1],
    groups: { key: ['x', 'x', 'y', 'y'] },
    groupBy: ['key'],
    include: ['metrics'],
  }
  t.match(evaluate(binary).groups?.[0].differences, {
    accuracy: { lowest: { key: { key: 'y' }, value: 0.5 }, highest: { value: 1 }, difference: 0.5, ratio: 2 },
    'metrics.f1.macro': { difference: 1 - 1 / 3, ratio: 3 },
  })
})

test('a group of rows that are all ignored has no loss', async (t) => {
  const request: Request = {
    loss: 'cross-entropy',
    labelFormat: 'index',
    predictions: [
      [0.5, 0.5],
      [0.5, 0.5],
    ],
    labels: [9, 1],
    ignoreIndex: 9,
    groups: { key: ['none', 'one'] },
    groupBy: ['key'],
  }
  const [none, one] = evaluate(request).groups?.[0].groups ?? []
  t.match(none, { samples: 1, ignored: 1, loss: null, lossStatus: 'undefined', outputs: 2 })
  t.match(one, { samples: 1, ignored: 0, loss: -Math.log(0.5 + 1e-7) })
  const only = evaluate({ ...request, labels: [9, 9] })
  t.match(only, { samples: 2, ignored: 2, lossStatus: 'undefined' })
})

test('too many groups are refused with their column and count, and nothing is kept', async (t) => {
  const count = 1001
  const values = Array.from({ length: count }, (_, i) => i)
  const request = { ...few, predictions: values, labels: values, groups: { key: values } }
  const detail = 'The column "key" has 1001 groups; the limit maxGroups is 1000 in total.'
  t.throws(() => evaluate(request), { name: 'Error', limit: 'maxGroups', message: detail, path: ['groups', 'key'] })
  const fewer = { ...unlimited, maxGroups: 3 }
  t.throws(() => evaluate(few, fewer), { message: /"key" has 5 groups; the limit maxGroups is 3/ })
  const crossed: Request = {
    ...few,
    predictions: [1, 2, 3, 4],
    labels: [0, 0, 0, 0],
    groups: { a: [1, 1, 2, 2], b: [1, 2, 1, 2] },
    groupBy: ['a', ['a', 'b']],
  }
  t.throws(() => evaluate({ ...crossed, groupBy: [['a', 'b']] }, fewer), {
    message: 'The columns "a", "b" together have more than 3 groups; the limit maxGroups is 3 in total.',
  })
  t.throws(() => evaluate(crossed, { ...unlimited, maxGroups: 5 }), {
    message: 'The columns "a", "b" together have 4 of 6 groups; the limit maxGroups is 5 in total.',
  })
  const evaluation = new Evaluation(specOf(few), { ...unlimited, maxGroups: 6 })
  finish(evaluation.add(tensorsOf(few)))
  const before = bytesOf(evaluation.state)
  const more = { ...few, groups: { key: ['b', 'c', 'd', 'e', 'f'] } }
  t.throws(() => finish(evaluation.add(tensorsOf(more))), { message: /"key" has 9 groups/ }, 'with those of before')
  t.same(bytesOf(evaluation.state), before)
})

test('numbers of all groups together count against the limit of a part', async (t) => {
  const request: Request = { ...few, include: ['metrics'] }
  // 20 + 7 numbers for each of five groups
  t.doesNotThrow(() => evaluate(request, { ...unlimited, maxAnswerNumbers: 135 }))
  t.throws(() => evaluate(request, { ...unlimited, maxAnswerNumbers: 134 }), {
    message: /would hold 135 numbers; the limit maxAnswerNumbers is 134/,
  })
})

test('columns that do not fit are refused where they do not', async (t) => {
  const errors = (others: Partial<Request>) =>
    errorsOf(() => evaluate({ ...few, ...others })).map(({ path, detail }) => [path.join('/'), detail])
  const { groupBy, groups, ...plain } = few
  t.same(
    errorsOf(() => evaluate({ ...plain, groupBy })).map(({ path, detail }) => [path.join('/'), detail]),
    [['groups', 'groups is missing; groupBy needs the columns "key"']],
  )
  t.same(
    errorsOf(() => evaluate({ ...plain, groups })).map(({ path, detail }) => [path.join('/'), detail]),
    [['groups', 'groups has no effect without groupBy']],
  )
  t.match(errors({ groupBy: ['key', 'other'] }), [
    ['groups/other', /^groups.other is missing; groupBy needs one value/],
  ])
  t.same(errors({ groups: { key: [1, 2], other: [1] } }), [
    ['groups/other', 'groupBy does not use this column, only "key"'],
    ['groups/key', 'groups.key has 2 values; it must have one value for each of 5 samples'],
  ])
  const what = 'a string of up to 256 characters, an integer, true, false or null'
  t.same(errors({ groups: { key: [0.5, 1, 2 ** 53, 'x'.repeat(257), {}] } }), [
    ['groups/key/0', `groups.key[0] must be ${what}`],
    ['groups/key/2', `groups.key[2] must be ${what}`],
    ['groups/key/3', `groups.key[3] must be ${what}`],
    ['groups/key/4', `groups.key[4] must be ${what}`],
  ])
  t.same(errors({ groupBy: ['key', 'key', ['key', 'key']] }), [
    ['groupBy/1', 'groupBy contains ["key"] twice'],
    ['groupBy/2', '["key","key"] contains a column twice'],
  ])
})

test('it takes steps, and gives back its memory', async (t) => {
  const request = { ...large(6000), miniBatch: { size: 5000, seed: 1, replacement: true } }
  const [spec, tensors] = [specOf(request), tensorsOf(request)]
  const begin = (memory = unlimited.memory) => {
    const evaluation = new Evaluation(spec, { ...random, memory })
    return (function* () {
      try {
        yield* evaluation.add(tensors)
        yield* evaluation.report()
      } finally {
        evaluation.close()
      }
    })()
  }
  t.ok(countSteps(begin()) > 50)
  const held = heldAfterEnds(begin)
  t.same(new Set(held), new Set([0]))
})
