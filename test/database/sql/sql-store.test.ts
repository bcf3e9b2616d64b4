import { deepStrictEqual as deepEqual } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { PostgresEngine } from '../../../src/database/postgres/engine.ts'
import type { SqlEngine } from '../../../src/database/sql/engine.ts'
import { SqlStore } from '../../../src/database/sql/sql-store.ts'
import { SqliteEngine } from '../../../src/database/sqlite/engine.ts'
import type { CountedBatches, Evaluation, Store } from '../../../src/database/store.ts'
import { Model, operation } from '../../evaluations/model.ts'
import {
  batchOf,
  declaration,
  declareNew,
  limits,
  namesOf,
  pagesOf,
  statesOf,
  sweepAll,
} from '../../evaluations/support.ts'
import { sharedPostgres } from '../postgres/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
root.teardown(() => rmSync(folder, { recursive: true }))
const server = await sharedPostgres(root)
const postgresUrl = await server.createDatabase()

const engines: Readonly<Record<string, () => Promise<SqlEngine>>> = {
  memory: () => SqliteEngine.open(':memory:'),
  'a SQLite file': () => SqliteEngine.open(join(folder, 'data', 'lossmeter.sqlite')),
  PostgreSQL: () => PostgresEngine.open(postgresUrl),
}

/** The time that the stores tell. */
let now = 1_800_000_000_000

const behaviours: Readonly<Record<string, (t: Test, store: Store, owner: string) => Promise<void>>> = {
  'an evaluation is declared once': async (t, store, owner) => {
    const expected = { declaration: 'words "é" \u{1f600}', expectedBatches: 3, expectedSamples: 2 ** 40 }
    const created = await store.declare(owner, 'run', expected)
    const evaluation = {
      id: created.outcome === 'created' ? created.evaluation.id : 0,
      owner,
      name: 'run',
      ...expected,
      status: 'open',
      batches: 0,
      samples: 0,
      createdAt: now,
      updatedAt: now,
    }
    t.same(created, { outcome: 'created', evaluation })
    t.same(await store.declare(owner, 'run', declaration), { outcome: 'exists', evaluation }, 'with other words, too')
    t.same(await store.find(owner, 'run'), evaluation)
    t.equal(await store.find(owner, 'other'), undefined)
  },

  'a name is one of its owner': async (t, store, owner) => {
    const [ours, theirs] = [await declareNew(store, owner, 'run'), await declareNew(store, `${owner}'`, 'run')]
    t.not(ours.id, theirs.id)
    t.equal(await store.find(`${owner}"`, 'run'), undefined)
    t.equal(await store.delete(`${owner}'`, 'run'), theirs.id)
    t.same(await store.find(owner, 'run'), ours)
    t.same(namesOf(await store.list(`${owner}'`, { limit: 9 })), [])
  },

  'an owner is any text that every database can keep': async (t, store, owner) => {
    const name = `${owner} '"\\\n\u{1f600}\u202e%`
    const evaluation = await declareNew(store, name, 'run')
    t.same(await store.find(name, 'run'), evaluation)
    const error = { name: 'RangeError', message: 'A text for the store must be well-formed Unicode without U+0000.' }
    for (const wrong of [`${owner}\0`, `${owner}\ud800`, `\udc00${owner}`]) {
      await t.rejects(store.declare(wrong, 'run', declaration), error)
      await t.rejects(store.find(wrong, 'run'), error)
      await t.rejects(store.list(wrong, { limit: 1 }), error)
      await t.rejects(store.seal(wrong, 'run'), error)
      await t.rejects(store.delete(wrong, 'run'), error)
    }
    await t.resolves(store.ping())
  },

  'an owner has so many evaluations at most, however many are declared at a time': async (t, store, owner) => {
    const names = Array.from({ length: 9 }, (_, at) => `run-${at}`)
    const results = await Promise.all(names.map((name) => store.declare(owner, name, declaration)))
    t.equal(results.filter(({ outcome }) => outcome === 'created').length, limits.maxEvaluations)
    t.equal(results.filter(({ outcome }) => outcome === 'full').length, 9 - limits.maxEvaluations)
    const [first] = await store.list(owner, { limit: 1 })
    t.equal((await store.declare(owner, first.name, declaration)).outcome, 'exists')
    await store.delete(owner, first.name)
    t.equal((await store.declare(owner, 'another', declaration)).outcome, 'created', 'there is room again')
  },

  'evaluations are listed newest first, by prefix, page by page': async (t, store, owner) => {
    for (const name of ['a_1', 'b', 'a%2', 'a_3']) await declareNew(store, owner, name)
    t.same(namesOf(await store.list(owner, { limit: 9 })), ['a_3', 'a%2', 'b', 'a_1'])
    const page = await store.list(owner, { limit: 2 })
    t.same(page[0], await store.find(owner, 'a_3'))
    t.same(namesOf(await store.list(owner, { after: page[1].id, limit: 9 })), ['b', 'a_1'])
    t.same(namesOf(await store.list(owner, { prefix: 'a_', limit: 9 })), ['a_3', 'a_1'], 'no pattern')
    t.same(namesOf(await store.list(owner, { prefix: 'A', limit: 9 })), [])
  },

  'a batch is kept as it was put': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    now += 5
    const put = { ...batchOf(evaluation.id, 'first'), state: Uint8Array.from({ length: 600 }, (_, at) => at) }
    const infinite = {
      ...batchOf(evaluation.id, 'second'),
      loss: null,
      lossStatus: 'infinite' as const,
      accuracy: null,
    }
    const results = await store.putBatches([put, infinite])
    const expected = [put, infinite].map(({ evaluation, fingerprint, labelsDigest, state, ...figures }, at) => ({
      ...figures,
      sequence: at + 1,
      createdAt: now,
    }))
    t.same(
      results,
      expected.map((batch) => ({ outcome: 'committed', batch })),
    )
    t.same(await store.listBatches(evaluation.id, { limit: 9 }), expected)
    const [{ first, states }] = await pagesOf(store, evaluation)
    t.equal(first, 1)
    t.same(
      states.map((state) => [...state]),
      [[...put.state], [...infinite.state]],
    )
    t.same(await store.find(owner, 'run'), { ...evaluation, batches: 2, samples: 4, updatedAt: now })
  },

  'a double is kept to the last bit': async (t, store, owner) => {
    const { id } = await declareNew(store, owner, 'run')
    const losses = [5e-324, Number.MAX_VALUE, 0.1 + 0.2, 1e22, 123456789012345680]
    await store.putBatches(losses.map((loss, at) => ({ ...batchOf(id, `b${at}`), loss })))
    t.same(
      (await store.listBatches(id, { limit: 9 })).map(({ loss }) => loss),
      losses,
    )
  },

  'a batch that is sent again counts once, and other content under its name not at all': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    const [committed] = await store.putBatches([batchOf(evaluation.id, 'a')])
    t.equal(committed.outcome, 'committed')
    now += 5
    const [batch] = await store.listBatches(evaluation.id, { limit: 1 })
    t.same(await store.putBatches([batchOf(evaluation.id, 'a')]), [{ outcome: 'replayed', batch }])
    t.same(await store.putBatches([batchOf(evaluation.id, 'a', 'other')]), [{ outcome: 'conflict', batch }])
    t.same(await store.find(owner, 'run'), { ...evaluation, batches: 1, samples: 2 })
  },

  'batches of several evaluations in one call are each answered in their place': async (t, store, owner) => {
    const [a, b] = [await declareNew(store, owner, 'a'), await declareNew(store, owner, 'b')]
    const results = await store.putBatches([
      batchOf(b.id, 'x'),
      batchOf(a.id, 'x'),
      batchOf(b.id, 'x'),
      batchOf(b.id, 'x', 'other'),
      batchOf(-1, 'x'),
      batchOf(b.id, 'y'),
    ])
    t.same(
      results.map((result) => ('batch' in result ? `${result.outcome} ${result.batch.sequence}` : result.outcome)),
      ['committed 1', 'committed 1', 'replayed 1', 'conflict 1', 'gone', 'committed 2'],
    )
    t.same(await store.putBatches([]), [])
  },

  'batches are listed and their states read from any sequence on': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    const names = Array.from({ length: 40 }, (_, at) => `b${at + 1}`)
    await store.putBatches(names.map((name) => batchOf(evaluation.id, name)))
    t.same(namesOf(await store.listBatches(evaluation.id, { after: 37, limit: 2 })), ['b38', 'b39'])
    t.same(await store.listBatches(evaluation.id, { after: 40, limit: 2 }), [])
    const texts = names.map((name, at) => `${at + 1} state of ${name}`)
    t.same(await statesOf(store, evaluation), texts)
    t.same(await statesOf(store, evaluation, 17), texts.slice(17))
    t.same(await statesOf(store, evaluation, 2, 35), texts.slice(2, 35))
    t.same(await statesOf(store, evaluation, 0, 16), texts.slice(0, 16))
    t.same(await statesOf(store, evaluation, 40), [])
    t.same(await statesOf(store, evaluation, 24, 40), texts.slice(24), 'as many as a page has')
  },

  'the times of every so many batches, and of the last': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    for (let at = 1; at <= 10; at++) await store.putBatches([batchOf(evaluation.id, `b${at}`)])
    const all = (await store.listBatches(evaluation.id, { limit: 10 })).map(({ createdAt }) => createdAt)
    t.same(await store.times(evaluation.id, 1, 10), all)
    t.same(await store.times(evaluation.id, 4, 10), [all[3], all[7], all[9]])
    t.same(await store.times(evaluation.id, 5, 10), [all[4], all[9]])
    t.same(await store.times(evaluation.id, 16, 9), [all[8]])
    await store.delete(owner, 'run')
    await sweepAll(store)
    await t.rejects(store.times(evaluation.id, 4, 10), { name: 'EvaluationGone' })
  },

  'a page of large states holds few of them, whatever came before': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    const state = Buffer.alloc(400_000)
    const large = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => ({ ...batchOf(evaluation.id, `b${from + at}`), state }))
    await store.putBatches(large(0, 7))
    await store.putBatches(Array.from({ length: 500 }, (_, at) => batchOf(evaluation.id, `small${at}`)))
    await store.putBatches(large(7, 12))
    const pages = await pagesOf(store, evaluation)
    t.same(
      pages.map(({ first, states }) => [first, states.length]),
      [
        [1, 3],
        [4, 3],
        [7, 500],
        [507, 4],
        [511, 2],
      ],
    )
    t.equal((await statesOf(store, evaluation)).length, 512)
  },

  'batches of two evaluations are paired by name, with their states where the labels are the same': async (
    t,
    store,
    owner,
  ) => {
    const [a, b] = [await declareNew(store, owner, 'a'), await declareNew(store, owner, 'b')]
    const other = await declareNew(store, owner, 'other')
    await store.putBatches([
      ...['x', 'only in a', 'y', 'z'].map((name) => batchOf(a.id, name, `${name} of a`)),
      ...['z', 'y', 'only in b', 'x'].map((name) =>
        batchOf(b.id, name, `${name} of b`, 2, name === 'y' ? 'other labels' : 'labels'),
      ),
      batchOf(other.id, 'x'),
    ])
    t.same(await pairsOf(store, await found(store, a), await found(store, b)), [
      ['x', 'state of x of a', 'state of x of b'],
      ['y'],
      ['z', 'state of z of a', 'state of z of b'],
    ])
    t.same(
      await pairsOf(store, { id: a.id, batches: 3 }, { id: b.id, batches: 3 }),
      [['y']],
      'of those there were when they were found',
    )
    t.same(await pairsOf(store, a, b), [], 'none')
    t.equal((await pairsOf(store, await found(store, a), await found(store, a))).length, 4, 'with itself')
    await store.delete(owner, 'b')
    await t.rejects(pairsOf(store, { id: a.id, batches: 3 }, { id: b.id, batches: 3 }), { name: 'EvaluationGone' })
    await t.rejects(pairsOf(store, { id: b.id, batches: 0 }, { id: b.id, batches: 0 }), { name: 'EvaluationGone' })
    await sweepAll(store)
    await t.rejects(pairsOf(store, { id: b.id, batches: 3 }, { id: a.id, batches: 3 }), { name: 'EvaluationGone' })
  },

  'pairs come in pages of few large states or of many small ones': async (t, store, owner) => {
    const [a, b] = [await declareNew(store, owner, 'a'), await declareNew(store, owner, 'b')]
    const state = Buffer.alloc(400_000)
    const names = Array.from({ length: 21 }, (_, at) => `b${at}`)
    await store.putBatches(names.map((name) => ({ ...batchOf(a.id, name), state })))
    await store.putBatches(names.map((name) => ({ ...batchOf(b.id, name), state })))
    const [first, second] = [await found(store, a), await found(store, b)]
    const sizes: number[] = []
    for await (const pairs of store.pairs(first, second)) sizes.push(pairs.length)
    t.same(sizes, [...new Array(10).fill(2), 1])
    const small = await declareNew(store, owner, 'small')
    const many = Array.from({ length: 600 }, (_, at) => batchOf(small.id, `b${at}`))
    await store.putBatches(many)
    sizes.length = 0
    for await (const pairs of store.pairs(await found(store, small), second)) sizes.push(pairs.length)
    t.same(sizes, [...new Array(7).fill(3), 0, 0])
  },

  'an evaluation has so many batches at most': async (t, store, owner) => {
    const { id } = await declareNew(store, owner, 'run')
    const batches = Array.from({ length: limits.maxBatches + 2 }, (_, at) => batchOf(id, `b${at}`))
    const results = await store.putBatches(batches)
    t.same(new Set(results.slice(0, -2).map(({ outcome }) => outcome)), new Set(['committed']))
    t.same(results.slice(-2), [{ outcome: 'full' }, { outcome: 'full' }])
    t.equal((await store.putBatches([batches[7]]))[0].outcome, 'replayed')
    t.equal((await store.find(owner, 'run'))?.batches, limits.maxBatches)
  },

  'a sealed evaluation takes no more, and still knows what it has': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run', { expectedBatches: 2, expectedSamples: 5 })
    const { id } = evaluation
    t.equal(await store.seal(owner, 'other'), undefined)
    await store.putBatches([batchOf(id, 'a', 'a', 2)])
    const one = { ...evaluation, batches: 1, samples: 2, updatedAt: now }
    now += 5
    t.same(await store.seal(owner, 'run'), { outcome: 'incomplete', evaluation: one })
    await store.putBatches([batchOf(id, 'b', 'b', 4)])
    t.equal((await store.seal(owner, 'run'))?.outcome, 'incomplete', 'one sample too many')
    const other = await declareNew(store, owner, 'whole', { expectedBatches: 1, expectedSamples: 3 })
    await store.putBatches([batchOf(other.id, 'a', 'a', 3)])
    now += 5
    const sealed = { ...other, status: 'sealed', batches: 1, samples: 3, updatedAt: now }
    t.same(await store.seal(owner, 'whole'), { outcome: 'sealed', evaluation: sealed })
    now += 5
    t.same(await store.seal(owner, 'whole'), { outcome: 'sealed', evaluation: sealed }, 'again')
    const puts = [batchOf(other.id, 'a'), batchOf(other.id, 'a', 'other'), batchOf(other.id, 'b')]
    t.same(
      (await store.putBatches(puts)).map(({ outcome }) => outcome),
      ['replayed', 'conflict', 'sealed'],
    )
    t.same(await store.find(owner, 'whole'), sealed)
  },

  'a deleted name can be declared anew and counts from 1': async (t, store, owner) => {
    const old = await declareNew(store, owner, 'run')
    await store.putBatches([batchOf(old.id, 'a'), batchOf(old.id, 'b')])
    t.equal(await store.delete(owner, 'run'), old.id)
    t.equal(await store.delete(owner, 'run'), undefined)
    t.equal(await store.find(owner, 'run'), undefined)
    t.equal(await store.seal(owner, 'run'), undefined)
    const anew = await declareNew(store, owner, 'run')
    t.ok(anew.id > old.id)
    const results = await store.putBatches([batchOf(old.id, 'c'), batchOf(anew.id, 'b')])
    t.same(results[0], { outcome: 'gone' })
    t.match(results[1], { outcome: 'committed', batch: { sequence: 1 } })
    await sweepAll(store)
    t.same(await store.listBatches(old.id, { limit: 9 }), [])
    t.same(namesOf(await store.listBatches(anew.id, { limit: 9 })), ['b'])
  },

  'an evaluation expires after its last write': async (t, store, owner) => {
    const old = await declareNew(store, owner, 'old')
    await declareNew(store, owner, 'used')
    await store.putBatches(Array.from({ length: 1100 }, (_, at) => batchOf(old.id, `b${at}`)))
    await store.putFolds(old.id, [{ slot: 0, last: 1100, state: Buffer.from('all') }])
    now += 2000
    const used = await store.find(owner, 'used')
    await store.putBatches([batchOf(used?.id ?? 0, 'a')])
    const told: string[] = []
    store.subscribe(old.id, () => told.push('old'))
    await sleep(50)
    told.length = 0
    t.equal(await store.sweep(now - 1000), true, 'one step')
    t.equal(await store.find(owner, 'old'), undefined)
    t.same((await store.listBatches(old.id, { limit: 1 })).length, 1, 'what it stored goes bit by bit')
    await sweepAll(store, now - 1000)
    t.same(await store.listBatches(old.id, { limit: 1 }), [])
    t.same(await store.folds(old.id, 0, 9), [])
    t.same(namesOf(await store.list(owner, { limit: 9 })), ['used'])
    await waitFor(() => told.length > 0)
    t.equal(await store.sweep(now - 1000), false)
    t.equal(await store.sweep(), false)
  },

  'folded totals are kept by slot, and the one of more batches stays': async (t, store, owner) => {
    const { id } = await declareNew(store, owner, 'run')
    const fold = (slot: number, last: number) => ({ slot, last, state: Buffer.from(`${slot} to ${last}`) })
    const foldsOf = async (from: number, to: number) =>
      (await store.folds(id, from, to)).map(({ slot, last, state }) => [slot, last, Buffer.from(state).toString()])
    await store.putFolds(id, [])
    t.same(await foldsOf(0, 9), [])
    await store.putFolds(id, [fold(3, 30), fold(0, 5), fold(2, 20)])
    t.same(await foldsOf(0, 2), [
      [0, 5, '0 to 5'],
      [2, 20, '2 to 20'],
    ])
    await store.putFolds(id, [fold(0, 9), fold(2, 19), fold(3, 30)])
    t.same(await foldsOf(0, 9), [
      [0, 9, '0 to 9'],
      [2, 20, '2 to 20'],
      [3, 30, '3 to 30'],
    ])
    await store.delete(owner, 'run')
    await store.putFolds(id, [fold(4, 40)])
    t.same(await foldsOf(4, 4), [])
  },

  'subscribers are told of batches, of the seal and of the end': async (t, store, owner) => {
    const [ours, other] = [await declareNew(store, owner, 'run'), await declareNew(store, owner, 'other')]
    let calls = 0
    const unsubscribe = store.subscribe(ours.id, () => calls++)
    await sleep(50)
    const isTold = async (what: string, change: () => Promise<unknown>) => {
      calls = 0
      await change()
      t.ok(await waitFor(() => calls > 0), what)
      await sleep(20)
    }
    await isTold('a batch', () => store.putBatches([batchOf(ours.id, 'a')]))
    await isTold('the seal', () => store.seal(owner, 'run'))
    await isTold('the end', () => store.delete(owner, 'run'))
    calls = 0
    await store.putBatches([batchOf(other.id, 'a')])
    unsubscribe()
    await store.putBatches([batchOf(ours.id, 'b')])
    await sleep(50)
    t.equal(calls, 0, 'of nothing else')
  },

  'many writers with the same names: each counts once, without gaps': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    const names = Array.from({ length: 60 }, (_, at) => `b${at}`)
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const outcomes: string[] = []
      const own = names.toSorted((a, b) => (hash(a, writer) < hash(b, writer) ? -1 : 1))
      for (let at = 0; at < own.length; at += 3) {
        const results = await store.putBatches(own.slice(at, at + 3).map((name) => batchOf(evaluation.id, name)))
        outcomes.push(...results.map(({ outcome }) => outcome))
      }
      return outcomes
    })
    const outcomes = (await Promise.all(writers)).flat()
    t.equal(outcomes.filter((outcome) => outcome === 'committed').length, names.length)
    t.equal(outcomes.filter((outcome) => outcome === 'replayed').length, 7 * names.length)
    const batches = await store.listBatches(evaluation.id, { limit: 99 })
    t.same(
      batches.map(({ sequence }) => sequence),
      names.map((_, at) => at + 1),
    )
    t.same(namesOf(batches).toSorted(), names.toSorted())
    t.match(await store.find(owner, 'run'), { batches: 60, samples: 120 })
  },

  'any sequence of operations does what a simple model says': async (t, store, owner) => {
    let runs = 0
    const property = fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 40 }), async (operations) => {
      const model = new Model(`${owner} ${runs++}`)
      for (const operation of operations) deepEqual(...(await model.step(store, operation)))
      deepEqual(...(await model.all(store)))
    })
    await t.resolves(fc.assert(property, { numRuns: 50 }))
  },
}

/** An evaluation as it is now. */
async function found(store: Store, { owner, name }: Evaluation): Promise<Evaluation> {
  return (await store.find(owner, name)) as Evaluation
}

/** All pairs of two evaluations: the name, and the states as text where there are any. */
async function pairsOf(store: Store, first: CountedBatches, second: CountedBatches): Promise<string[][]> {
  const pairs: string[][] = []
  for await (const page of store.pairs(first, second)) {
    pairs.push(...page.map(({ name, states = [] }) => [name, ...states.map((state) => Buffer.from(state).toString())]))
  }
  return pairs
}

/** A number that mixes a text and a seed. */
function hash(text: string, seed: number): number {
  return [...text].reduce((sum, letter) => Math.imul(sum ^ letter.charCodeAt(0), 0x5bd1e995), seed + 1)
}

/** Whether something becomes true within some seconds. */
async function waitFor(isTrue: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 500 && !isTrue(); tries++) await sleep(10)
  return isTrue()
}

test('a name that is deleted while it is declared is declared all the same', async (t) => {
  const evaluation = { id: 2, name: 'run' }
  // neither made nor found, though there is room
  const answers = [
    [[], [], [{ count: 0 }]],
    [[evaluation], [], [{ count: 1 }]],
  ]
  const engine = { transaction: async () => answers.shift() } as unknown as SqlEngine
  const store = new SqlStore(engine, limits)
  t.same(await store.declare('owner', 'run', declaration), { outcome: 'created', evaluation })
})

for (const [name, open] of Object.entries(engines)) {
  test(name, async (t) => {
    const store = new SqlStore(await open(), limits, () => now)
    let count = 0
    for (const [behaviour, run] of Object.entries(behaviours)) {
      await t.test(behaviour, (t) => run(t, store, `owner ${count++}`))
    }
    await store.ping()
    const last = store.putBatches([batchOf(-1, 'x')])
    const closed = store.close()
    t.same(await last, [{ outcome: 'gone' }], 'what was begun is finished')
    await closed
    await t.rejects(store.ping(), { name: 'StoreUnavailable', reason: 'closed' })
    await t.rejects(store.putBatches([batchOf(-1, 'x')]), { name: 'StoreUnavailable', reason: 'closed' })
  })
}
