import fc from 'fast-check'
import { test } from 'tap'
import { rowsOfBatch, slicesOf } from '../../src/loss/fold.ts'
import { losses } from '../../src/loss/kernels/index.ts'
import { resolve } from '../../src/loss/resolve.ts'
import type { Options, Spec } from '../../src/loss/spec.ts'
import { describeSpec } from '../../src/loss/spec.ts'
import type { EvaluationState } from '../../src/loss/state.ts'
import { emptyState, foldRows, merge, RunningTotal, reportSection, stateSpecText } from '../../src/loss/state.ts'
import { emptyTally } from '../../src/loss/tally.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import { combinations, problemsWithSections } from './problems.ts'
import type { Request } from './support.ts'
import { batchOf, bytesOf, countSteps, finish, specOf, stateOf } from './support.ts'

const all: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: matrix('0.5 0.5; 0.25 0.75'),
  labels: [0, 1],
  include: ['calibration', 'perClass', 'confusion'],
}

/** One request for each row of a request. */
function byRow(request: Request): Request[] {
  const { predictions, labels, sampleWeights } = request
  return (predictions as number[][]).map((row, at) => ({
    ...request,
    predictions: [row],
    labels: [(labels as unknown[])[at]],
    sampleWeights: sampleWeights && [sampleWeights[at]],
  }))
}

test('rows cut anywhere, merged in any order and any tree, have the bytes of the whole', async () => {
  const picks = fc.infiniteStream(fc.nat({ max: 1000 }))
  const property = fc.property(problemsWithSections, picks, (request, pick) => {
    const next = () => pick.next().value ?? 0
    // neighbours stay together now and then, so that batches have one row or more
    const batches = byRow(request).reduce<Request[][]>((cut, row) => {
      const last = cut.at(-1)
      if (last !== undefined && next() % 3 === 0) last.push(row)
      else cut.push([row])
      return cut
    }, [])
    const states: EvaluationState[] = batches.map(([first, ...further]) => stateOf(first, ...further))
    while (states.length > 1) {
      const [a] = states.splice(next() % states.length, 1)
      const [b] = states.splice(next() % states.length, 1)
      states.push(merge(a, b))
    }
    return bytesOf(states[0]).join() === bytesOf(stateOf(request)).join()
  })
  fc.assert(property, { seed: 31, numRuns: 300 })
})

test('merging is commutative and associative, and the state of no rows is its identity', async () => {
  const three = problemsWithSections.map((request) => {
    const rows = byRow(request)
    return [rows[0], rows[1 % rows.length], rows[2 % rows.length]].map((row) => stateOf(row))
  })
  const property = fc.property(three, ([a, b, c]) => {
    const empty = emptyState(a.spec)
    const before = bytesOf(a).join()
    return (
      bytesOf(merge(merge(a, b), c)).join() === bytesOf(merge(a, merge(b, c))).join() &&
      bytesOf(merge(a, b)).join() === bytesOf(merge(b, a)).join() &&
      bytesOf(merge(a, empty)).join() === before &&
      bytesOf(merge(empty, a)).join() === before &&
      bytesOf(a).join() === before
    )
  })
  fc.assert(property, { seed: 32, numRuns: 300 })
})

test('what does not belong together is not merged, and leaves the total as it was', async (t) => {
  const mse: Request = { loss: 'mse', labelFormat: 'values', predictions: [[1, 2]], labels: [[1, 2]] }
  const wide: Request = { ...mse, predictions: [[1, 2, 3]], labels: [[1, 2, 3]] }
  const cases: [name: string, a: EvaluationState, b: EvaluationState, message: RegExp][] = [
    ['mse and mae', stateOf(mse), stateOf({ ...mse, loss: 'mae' }), /different specs/],
    ['other sections', stateOf(all), stateOf({ ...all, include: ['perClass'] }), /different specs/],
    ['another K', stateOf(mse), stateOf(wide), /2 and of 3 outputs/],
    ['too many rows', stateOf(mse), withCounts(stateOf(mse), 2 ** 53 - 1, 0), /2\^53/],
    ['too many right decisions', stateOf(all), withCounts(stateOf(all), 1, 2 ** 53 - 1), /2\^53/],
  ]
  for (const [name, a, b, message] of cases) {
    t.throws(() => merge(a, b), message, name)
    const total = new RunningTotal(a.spec)
    total.add(a)
    t.throws(() => total.add(b), message, name)
    t.same(bytesOf(total), bytesOf(a), name)
  }
})

function withCounts(state: EvaluationState, samples: number, correct: number): EvaluationState {
  return { ...state, tally: { ...state.tally, samples, correct } }
}

test('states of equal specs merge, whichever object says so', async (t) => {
  const merged = merge(
    stateOf(all),
    stateOf({ ...all, reduction: 'sum', include: ['perClass', 'confusion', 'calibration'] }),
  )
  t.same(bytesOf(merged), bytesOf(merge(stateOf(all), stateOf(all))))
})

test('the text of a spec names what a state depends on', async (t) => {
  t.equal(
    stateSpecText(specOf({ ...all, loss: 'mae', include: ['gradient', 'confusion', 'perSample', 'perClass'] })),
    '{"include":["perClass","confusion"],"labelFormat":"index","loss":"mae"}',
  )
  const text = (request: Partial<Request>) => stateSpecText(specOf({ ...all, ...request }))
  t.equal(text({ reduction: 'sum' }), text({}))
  t.not(text({ classWeights: [1, 2] }), text({}))
  t.not(text({ ignoreIndex: 1 }), text({}))
})

test('an option at its default is not in the text, so that one which is added later changes no text', async (t) => {
  for (const { name, loss, labelFormat, predictionFormat } of combinations) {
    const options = { loss, labelFormat, predictionFormat }
    const spec = resolve(options)
    const isDefault = predictionFormat === losses[loss].predictionFormats[0]
    const expected = { labelFormat, loss, ...(!isDefault && { predictionFormat }) }
    t.equal(stateSpecText(spec), JSON.stringify(expected), name)
    const spelledOut = resolve(describeSpec(spec) as unknown as Options)
    t.equal(stateSpecText(spelledOut), stateSpecText(spec), name)
  }
  const logits: Request = { ...all, predictionFormat: 'logits', include: [] }
  t.equal(
    stateSpecText(specOf({ ...logits, logPolicy: 'add-epsilon' })),
    '{"labelFormat":"index","logPolicy":"add-epsilon","loss":"cross-entropy","predictionFormat":"logits"}',
    'what is the default elsewhere but not here',
  )
})

test('a total grows, and what was merged from it stays as it was', async (t) => {
  const total = new RunningTotal(specOf(all))
  const confusion = () => JSON.stringify(finish(reportSection(total, 'confusion', total.spec)))
  t.equal(confusion(), '[]')
  total.add(stateOf(all))
  const state = merge(total, emptyState(total.spec))
  const bytes = bytesOf(state)
  t.same(bytesOf(total), bytes)
  total.add(state)
  t.same(bytesOf(state), bytes)
  t.same(bytesOf(total), bytesOf(merge(state, state)))
  t.equal(confusion(), '[[2,0],[0,2]]')
})

test('a batch is folded in steps, and shown to an observer', async (t) => {
  for (const include of [[], all.include]) {
    const request = { ...all, include }
    const seen: number[] = []
    const spec = specOf(request)
    const rows = finish(
      foldRows(spec, slicesOf(spec, rowsOfBatch(batchOf(request), unaccounted)), 0, ({ rows }) =>
        seen.push(rows.count),
      ),
    )
    const state = { spec, ...rows, groups: [] }
    t.same(seen, [2])
    t.same(bytesOf(state), bytesOf(stateOf(request)))
  }
})

test('ignored rows count as samples, even when no others are there', async (t) => {
  const ignoring: Request = { ...all, ignoreIndex: 7 }
  const { tally } = stateOf({ ...ignoring, labels: [7, 1] })
  t.same([tally.samples, tally.ignored, tally.outputs, tally.correct], [2, 1, 2, 1])
  const none = stateOf({ ...ignoring, labels: [7, 7] })
  t.same([none.tally.samples, none.tally.ignored, none.tally.outputs], [2, 2, 2])
})

test('one-row batches of many classes cost nothing by class', async (t) => {
  // 400 classes squared for each of 5000 batches would be 800 million cells
  const outputs = 400
  const predictions = [Array.from({ length: outputs }, (_, k) => (k === 5 ? 1 : 0))]
  const state = stateOf({ ...all, predictions, labels: [5] })
  const total = new RunningTotal(state.spec)
  for (let batch = 0; batch < 5000; batch++) total.add(state)
  t.equal(total.tally.samples, 5000)
  t.same(
    [...total.sections.values()].map((section) => (section as Map<number, unknown>).size),
    [1, 1, 1],
  )
})

/** A state of one row in each of so many cells. */
function ofCells(spec: Spec, count: number): EvaluationState {
  const cells = Array.from({ length: count }, (_, cell) => [cell, { counts: [1], sums: [] }] as const)
  return {
    spec,
    tally: { ...emptyTally, outputs: count, samples: count },
    sections: new Map([['confusion', new Map(cells)]]),
    groups: [],
  }
}

test('the first state is taken as it is, later ones in steps', async (t) => {
  const spec = specOf({ ...all, include: ['confusion'] })
  const [first, second] = [ofCells(spec, 3000), ofCells(spec, 3000)]
  const total = new RunningTotal(spec)
  t.equal(countSteps(total.take(first)), 0)
  t.equal(total.sections, first.sections)
  t.equal(countSteps(total.take(second)), Math.floor(3000 / 16))
  const added = new RunningTotal(spec)
  added.add(ofCells(spec, 3000))
  added.add(second)
  t.same(bytesOf(total), bytesOf(added))
})

test('a state is taken wholly, even when that is given up, or not at all', async (t) => {
  const spec = specOf({ ...all, include: ['confusion'] })
  const whole = new RunningTotal(spec)
  whole.add(ofCells(spec, 3000))
  whole.add(ofCells(spec, 3000))
  for (const step of [1, 2]) {
    for (const how of ['throw', 'return'] as const) {
      const total = new RunningTotal(spec)
      finish(total.take(ofCells(spec, 3000)))
      const taking = total.take(ofCells(spec, 3000))
      for (let taken = 0; taken < step; taken++) taking.next()
      if (how === 'return') taking.return()
      else t.throws(() => taking.throw(new Error('given up')), /given up/)
      t.same(bytesOf(total), bytesOf(whole), `${how} after ${step} steps`)
    }
  }
  const other = stateOf({ ...all, include: ['perClass'] })
  for (const total of [new RunningTotal(spec), whole]) {
    const before = bytesOf(total)
    t.throws(() => finish(total.take(other)), /different specs/)
    t.same(bytesOf(total), before)
  }
})

test('a tally is merged as the state that holds nothing else', async (t) => {
  const states = [stateOf(all), stateOf(all), stateOf(all)]
  const [added, total] = [new RunningTotal(states[0].spec), new RunningTotal(states[0].spec)]
  for (const state of states) {
    added.add(state)
    total.addTally(state.tally)
    t.same(total.tally, added.tally)
  }
  t.throws(() => total.addTally({ ...total.tally, outputs: total.tally.outputs + 1 }), /outputs cannot be merged/)
})
