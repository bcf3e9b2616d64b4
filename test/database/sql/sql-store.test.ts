import { deepStrictEqual as deepEqual } from 'node:assert'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import { onBehalfOf } from '../../../src/database/caller.ts'
import { EvaluationGone } from '../../../src/database/errors.ts'
import type { Head } from '../../../src/database/history.ts'
import { PostgresEvaluationEngine } from '../../../src/database/postgres/evaluation-engine.ts'
import type { Statement } from '../../../src/database/sql/engine.ts'
import type { EvaluationEngine } from '../../../src/database/sql/evaluation-engine.ts'
import { SqlStore } from '../../../src/database/sql/sql-store.ts'
import { SqliteEngine } from '../../../src/database/sqlite/engine.ts'
import type { CountedBatches, Evaluation, NewBatch, Store } from '../../../src/database/store.ts'
import { Model, operation } from '../../evaluations/model.ts'
import {
  batchOf,
  declaration,
  declareNew,
  limits,
  namesOf,
  nowhere,
  pagesOf,
  statesOf,
  sweepAll,
} from '../../evaluations/support.ts'
import { eventually } from '../../eventually.ts'
import { sharedPostgres } from '../postgres/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
root.teardown(() => rmSync(folder, { recursive: true }))
const server = await sharedPostgres(root)
const postgresUrl = await server.createDatabase()

const engines: Readonly<Record<string, () => Promise<EvaluationEngine>>> = {
  memory: () => SqliteEngine.open(':memory:'),
  'a SQLite file': () => SqliteEngine.open(join(folder, 'data', 'lossmeter.sqlite')),
  PostgreSQL: () => new PostgresEvaluationEngine(postgresUrl).start(),
}

/** The time that the stores tell. */
let now = 1_800_000_000_000

const behaviours: Readonly<Record<string, (t: Test, store: Store, owner: string) => Promise<void>>> = {
  'an evaluation is declared once': async (t, store, owner) => {
    const expected = { declaration: 'words "é" \u{1f600}', expectedBatches: 3, expectedSamples: 2 ** 40 }
    const created = await store.declare(owner, 'run', expected)
    const { id, incarnation } = created.outcome === 'created' ? created.evaluation : nowhere
    t.match(incarnation, /^[0-9a-f]{32}$/)
    const evaluation = {
      id,
      incarnation,
      digest: null,
      owner,
      name: 'run',
      ...expected,
      metadata: null,
      status: 'open',
      batches: 0,
      samples: 0,
      waitingPredictions: 0,
      waitingLabels: 0,
      expired: 0,
      shown: 0,
      isPublic: 0,
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
    t.equal((await store.delete(`${owner}'`, 'run'))?.id, theirs.id)
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
      await t.rejects(store.change(wrong, 'run', { seals: true }), error)
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

  'so many evaluations of an owner are shown at most, however many are declared at a time': async (t, store, owner) => {
    const shown = { ...declaration, shown: 1 }
    const names = Array.from({ length: 4 }, (_, at) => `run-${at}`)
    const results = await Promise.all(names.map((name) => store.declare(owner, name, shown)))
    t.equal(results.filter(({ outcome }) => outcome === 'created').length, limits.maxShownEvaluations)
    t.equal(results.filter(({ outcome }) => outcome === 'crowded').length, 4 - limits.maxShownEvaluations)
    t.equal((await store.declare(owner, 'plain', declaration)).outcome, 'created')
    const own = async () => (await store.listShown(1000)).filter((each) => each.owner === owner)
    const listed = await own()
    t.same(listed, (await store.list(owner, { limit: 9 })).filter((each) => each.shown === 1).reverse())
    t.equal(listed.length, limits.maxShownEvaluations)
    t.equal((await store.declare(owner, listed[0].name, shown)).outcome, 'exists')
    await store.delete(owner, listed[0].name)
    t.same(await own(), listed.slice(1))
    t.equal((await store.declare(owner, 'another', shown)).outcome, 'created', 'there is room again')
  },

  'what is public is found by its name, of all owners or of one, the oldest first': async (t, store, owner) => {
    const name = `${owner.length}-public`
    const owners = [`${owner}-2`, `${owner}-1`, `${owner}-0`]
    for (const each of owners) await store.declare(each, name, { ...declaration, isPublic: 1 })
    await store.declare(`${owner}-3`, name, declaration)
    await store.delete(owners[1], name)
    const foundBy = async (of?: string, limit = 9) =>
      (await store.findPublic(name, of, limit)).map((each) => each.owner).filter((each) => each.startsWith(owner))
    t.same(await foundBy(), [owners[0], owners[2]])
    t.same(await foundBy(owners[2]), [owners[2]])
    t.same(await foundBy(`${owner}-3`), [])
    t.same(await foundBy(owners[1]), [], 'it was deleted')
    t.equal((await store.findPublic(name, undefined, 1)).length, 1)
    t.same(await store.findPublic('none', undefined, 9), [])
  },

  'the last window is that of the latest batch up to a time': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    t.equal(await store.lastWindow(run, 99), undefined)
    const windows = [20, 40, 30, null]
    await store.putBatches(windows.map((window, at) => ({ ...batchOf(run, `b${at}`), window })))
    t.equal(await store.lastWindow(run, 99), 40)
    t.equal(await store.lastWindow(run, 39), 30)
    t.equal(await store.lastWindow(run, 19), undefined)
    t.equal(await store.lastWindow({ ...run, incarnation: nowhere.incarnation }, 99), undefined)
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

  'evaluations are listed by what their metadata contain, or else their declaration': async (t, store, owner) => {
    for (const name of ['a', 'b', 'c']) await declareNew(store, owner, name)
    const named = (containing: string, prefix?: string) => store.list(owner, { prefix, containing, limit: 9 })
    t.same(namesOf(await named('"loss":"mse"')), ['c', 'b', 'a'])
    const after = JSON.stringify({ model: '50 %_ "x"' })
    t.match(await store.change(owner, 'b', { seals: false, metadata: { before: null, after } }), { outcome: 'changed' })
    t.same(namesOf(await named('"loss":"mse"')), ['c', 'a'], 'metadata that were changed are read instead')
    t.same(namesOf(await named('"model":"50 %_ \\"x\\""')), ['b'])
    t.same(namesOf(await named('"MODEL"')), [], 'letters are not alike')
    t.same(namesOf(await named('"loss":"mse"', 'c')), ['c'])
  },

  'a batch is kept as it was put': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    now += 5
    const put = { ...batchOf(evaluation, 'first'), state: Uint8Array.from({ length: 600 }, (_, at) => at) }
    const none = { loss: null, lossStatus: 'infinite' as const, accuracy: null, state: new Uint8Array() }
    const infinite = { ...batchOf(evaluation, '{"second", \\} 손실'), ...none, samples: 2 ** 40 }
    const losses = [5e-324, Number.MAX_VALUE, 0.1 + 0.2, 1e22, 123456789012345680]
    const others = losses.map((loss, at) => ({ ...batchOf(evaluation, `b${at}`), loss }))
    const results = await store.putBatches([put, infinite, ...others])
    const expected = [put, infinite, ...others].map(
      ({ evaluation, fingerprint, labelsDigest, state, ...figures }, at) => ({
        ...figures,
        sequence: at + 1,
        createdAt: now,
        digest: digestsOf(evaluation.incarnation, [put, infinite, ...others])[at],
      }),
    )
    t.same(
      results,
      expected.map((batch, at) => ({ outcome: 'committed', batch, previous: expected[at - 1]?.digest ?? null })),
    )
    t.same(await store.listBatches(evaluation, { limit: 9 }), expected)
    const [{ states }] = await pagesOf(store, evaluation)
    t.same(
      states.slice(0, 2).map(({ state }) => [...state]),
      [[...put.state], []],
    )
    const { digest } = expected[6]
    const after = { ...evaluation, batches: 7, samples: 12 + 2 ** 40, digest, updatedAt: now }
    t.same(await store.find(owner, 'run'), after)
    now += 5
    t.same(await store.putBatches([put]), [{ outcome: 'replayed', batch: expected[0] }])
    t.same(await store.putBatches([batchOf(evaluation, 'first', 'other')]), [
      { outcome: 'conflict', batch: expected[0] },
    ])
    t.same(await store.find(owner, 'run'), after, 'and nothing has changed')
  },

  'batches of several evaluations in one call are each answered in their place': async (t, store, owner) => {
    const [a, b] = [await declareNew(store, owner, 'a'), await declareNew(store, owner, 'b')]
    const results = await store.putBatches([
      batchOf(b, 'x'),
      batchOf(a, 'x'),
      batchOf(b, 'x'),
      batchOf(b, 'x', 'other'),
      batchOf(nowhere, 'x'),
      batchOf(b, 'y'),
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
    await store.putBatches(names.map((name) => batchOf(evaluation, name)))
    t.same(namesOf(await store.listBatches(evaluation, { after: 37, limit: 2 })), ['b38', 'b39'])
    t.same(await store.listBatches(evaluation, { after: 40, limit: 2 }), [])
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
    for (let at = 1; at <= 10; at++) await store.putBatches([batchOf(evaluation, `b${at}`)])
    const batches = await store.listBatches(evaluation, { limit: 10 })
    const all = batches.map(({ createdAt }) => createdAt)
    const head = (last: number) => ({ batches: last, digest: batches[last - 1].digest })
    t.same(await store.times(evaluation, 1, head(10)), all)
    t.same(await store.times(evaluation, 4, head(10)), [all[3], all[7], all[9]])
    t.same(await store.times(evaluation, 5, head(10)), [all[4], all[9]])
    t.same(await store.times(evaluation, 16, head(9)), [all[8]])
    await store.delete(owner, 'run')
    await sweepAll(store)
    await t.rejects(store.times(evaluation, 4, head(10)), { name: 'EvaluationGone' })
  },

  'a page of large states holds few of them, whatever came before': async (t, store, owner) => {
    const evaluation = await declareNew(store, owner, 'run')
    const state = Buffer.alloc(400_000)
    const large = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, at) => ({ ...batchOf(evaluation, `b${from + at}`), state }))
    await store.putBatches(large(0, 7))
    await store.putBatches(Array.from({ length: 500 }, (_, at) => batchOf(evaluation, `small${at}`)))
    await store.putBatches(large(7, 12))
    const pages = await pagesOf(store, evaluation)
    t.same(
      pages.map(({ states }) => states.length),
      [3, 3, 500, 4, 2],
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
      ...['x', 'only in a', 'y', 'z'].map((name) => batchOf(a, name, `${name} of a`)),
      ...['z', 'y', 'only in b', 'x'].map((name) =>
        batchOf(b, name, `${name} of b`, 2, name === 'y' ? 'other labels' : 'labels'),
      ),
      batchOf(other, 'x'),
    ])
    t.same(await pairsOf(store, await found(store, a), await found(store, b)), [
      ['x', 'state of x of a', 'state of x of b'],
      ['y'],
      ['z', 'state of z of a', 'state of z of b'],
    ])
    t.same(
      await pairsOf(store, await earlier(store, a, 3), await earlier(store, b, 3)),
      [['y']],
      'of those there were when they were found',
    )
    t.same(await pairsOf(store, a, b), [], 'none')
    t.equal((await pairsOf(store, await found(store, a), await found(store, a))).length, 4, 'with itself')
    const [ofA, ofB] = [await earlier(store, a, 3), await earlier(store, b, 3)]
    await store.delete(owner, 'b')
    await t.rejects(pairsOf(store, ofA, ofB), { name: 'EvaluationGone' })
    await t.rejects(pairsOf(store, b, b), { name: 'EvaluationGone' })
    await sweepAll(store)
    await t.rejects(pairsOf(store, ofB, ofA), { name: 'EvaluationGone' })
  },

  'pairs come in pages of few large states or of many small ones': async (t, store, owner) => {
    const [a, b] = [await declareNew(store, owner, 'a'), await declareNew(store, owner, 'b')]
    const state = Buffer.alloc(400_000)
    const names = Array.from({ length: 21 }, (_, at) => `b${at}`)
    await store.putBatches(names.map((name) => ({ ...batchOf(a, name), state })))
    await store.putBatches(names.map((name) => ({ ...batchOf(b, name), state })))
    const [first, second] = [await found(store, a), await found(store, b)]
    const sizes: number[] = []
    for await (const pairs of store.pairs(first, second)) sizes.push(pairs.length)
    t.same(sizes, [...new Array(10).fill(2), 1])
    const small = await declareNew(store, owner, 'small')
    const many = Array.from({ length: 600 }, (_, at) => batchOf(small, `b${at}`))
    await store.putBatches(many)
    sizes.length = 0
    for await (const pairs of store.pairs(await found(store, small), second)) sizes.push(pairs.length)
    t.same(sizes, [...new Array(7).fill(3), 0, 0])
  },

  'an evaluation has so many batches at most': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    const batches = Array.from({ length: limits.maxBatches + 2 }, (_, at) => batchOf(run, `b${at}`))
    const results = await store.putBatches(batches)
    t.same(new Set(results.slice(0, -2).map(({ outcome }) => outcome)), new Set(['committed']))
    t.same(results.slice(-2), [{ outcome: 'full' }, { outcome: 'full' }])
    t.equal((await store.putBatches([batches[7]]))[0].outcome, 'replayed')
    t.equal((await store.find(owner, 'run'))?.batches, limits.maxBatches)
  },

  'a sealed evaluation takes no more, and still knows what it has': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run', { expectedBatches: 2, expectedSamples: 5 })
    t.equal(await store.change(owner, 'other', { seals: true }), undefined)
    await store.putBatches([batchOf(run, 'a', 'a', 2)])
    const one = { ...(await found(store, run)), batches: 1, samples: 2, updatedAt: now }
    now += 5
    t.same(await store.change(owner, 'run', { seals: true }), { outcome: 'incomplete', evaluation: one })
    await store.putBatches([batchOf(run, 'b', 'b', 4)])
    t.equal((await store.change(owner, 'run', { seals: true }))?.outcome, 'incomplete', 'one sample too many')
    const other = await declareNew(store, owner, 'whole', { expectedBatches: 1, expectedSamples: 3 })
    await store.putBatches([batchOf(other, 'a', 'a', 3)])
    now += 5
    const sealed = { ...(await found(store, other)), status: 'sealed', batches: 1, samples: 3, updatedAt: now }
    t.same(await store.change(owner, 'whole', { seals: true }), { outcome: 'changed', evaluation: sealed })
    now += 5
    t.same(await store.change(owner, 'whole', { seals: true }), { outcome: 'changed', evaluation: sealed }, 'again')
    const puts = [batchOf(other, 'a'), batchOf(other, 'a', 'other'), batchOf(other, 'b')]
    t.same(
      (await store.putBatches(puts)).map(({ outcome }) => outcome),
      ['replayed', 'conflict', 'sealed'],
    )
    t.same(await store.find(owner, 'whole'), sealed)
  },

  'the last change is no earlier than those before, though the clock was set back': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    await store.putBatches([batchOf(run, 'a')])
    const last = now
    now -= 86_400_000
    try {
      await store.putBatches([batchOf(run, 'b')])
      t.equal((await store.find(owner, 'run'))?.updatedAt, last)
      const { evaluation } = (await store.change(owner, 'run', { seals: true })) ?? {}
      t.match(evaluation, { status: 'sealed', updatedAt: last })
    } finally {
      now = last
    }
  },

  'metadata change only where they are as they must be, and with a seal or not at all': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run', { expectedBatches: 1 })
    t.equal(run.metadata, null)
    const change = async (before: string | null, after: string | null, seals = false) => {
      now += 5
      const result = await store.change(owner, 'run', { seals, metadata: { before, after } })
      const { metadata, status, updatedAt } = result?.evaluation ?? {}
      return [result?.outcome, metadata, status, Number(updatedAt) - run.createdAt]
    }
    const begun = now - run.createdAt
    t.same(await change(null, '{"a":"1"}'), ['changed', '{"a":"1"}', 'open', begun + 5])
    t.same(await change(null, '{"a":"2"}'), ['overtaken', '{"a":"1"}', 'open', begun + 5])
    t.same(await change('{"a":"1"}', '{"a":"1"}'), ['changed', '{"a":"1"}', 'open', begun + 5], 'nothing')
    t.same(await change('{"a":"1"}', '{"a":"3"}', true), ['incomplete', '{"a":"1"}', 'open', begun + 5])
    t.same(await change('{"b":"1"}', '{"a":"1"}', true), ['overtaken', '{"a":"1"}', 'open', begun + 5])
    await store.putBatches([batchOf(run, 'a')])
    t.same((await change('{"a":"1"}', '{"a":"3"}', true)).slice(0, 3), ['changed', '{"a":"3"}', 'sealed'])
    t.same((await change('{"a":"3"}', null)).slice(0, 3), ['changed', null, 'sealed'])
    t.equal((await store.find(owner, 'run'))?.metadata, null)
  },

  'what is changed or deleted only in one state is left alone in another, and of two at once one has its way': async (
    t,
    store,
    owner,
  ) => {
    const run = await declareNew(store, owner, 'run')
    const metadata = { before: null, after: '{"a":"1"}' }
    await store.putBatches([batchOf(run, 'a')])
    const [found] = await store.list(owner, { limit: 1 })
    const others = [
      run,
      { ...found, incarnation: '00'.repeat(16) },
      { ...found, status: 'sealed' as const },
      { ...found, metadata: '{"b":"1"}' },
    ]
    for (const other of others) {
      t.equal(await store.change(owner, 'run', { seals: true }, other), undefined)
      t.equal(await store.delete(owner, 'run', other), undefined)
    }
    t.same(await store.find(owner, 'run'), found)
    const both = await Promise.all([
      store.change(owner, 'run', { seals: true }, found),
      store.change(owner, 'run', { seals: false, metadata }, found),
    ])
    t.same(both.map((result) => result?.outcome).sort(), ['changed', undefined])
    const changed = await store.find(owner, 'run')
    t.ok((changed?.status === 'sealed') !== (changed?.metadata === metadata.after))
    const race = await Promise.all([
      store.delete(owner, 'run', changed),
      store.change(
        owner,
        'run',
        // what a change leaves as it was is no change, and keeps nothing else from its way
        { seals: true, metadata: { before: changed?.metadata ?? null, after: '{"c":"1"}' } },
        changed,
      ),
      store.delete(owner, 'run', changed),
    ])
    t.equal(race.filter((result) => result !== undefined).length, 1)
  },

  'windows have what is kept of them and what came since, each in its place': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    const put = async (name: string, window: number | null) => {
      await store.putBatches([{ ...batchOf(run, name), window }])
      return found(store, run)
    }
    const parts = async (from: number, to: number, head: Head, most = 100) => {
      const pages = await allOf(store.windowParts(run, { from, to, most }, head))
      return pages.flat().map(({ start, batches, last, state }) => [start, batches, last, String(Buffer.from(state))])
    }
    t.same(await parts(0, 99, await found(store, run)), [], 'of no batches')
    await put('a', 20)
    await put('b', 10)
    await put('c', null)
    const three = await put('d', 10)
    await put('e', 0)
    const all = await put('f', 10)
    const of = (start: number, sequence: number, name: string) => [start, 1, sequence, `state of ${name}`]
    const [a, b, d, e, f] = [of(20, 1, 'a'), of(10, 2, 'b'), of(10, 4, 'd'), of(0, 5, 'e'), of(10, 6, 'f')]
    t.same(await parts(-1, 99, all), [e, b, d, f, a])
    t.same(await parts(-1, 99, three), [b, d, a], 'up to a head')
    t.same(await parts(1, 20, all), [b, d, f])
    t.same((await parts(-1, 99, all, 1)).slice(0, 1), [e])
    const kept = { start: 10, batches: 2, last: 4, digest: String(three.digest), state: Buffer.from('both') }
    await store.putWindows(run, [kept])
    const both = [10, 2, 4, 'both']
    t.same(await parts(-1, 99, all), [e, both, f, a])
    t.same(await parts(-1, 99, { batches: 2, digest: (await store.listBatches(run, { limit: 2 }))[1].digest }), [b, a])
    await store.putWindows(run, [{ ...kept, last: 2, batches: 1, digest: 'ab' }])
    await store.putWindows(run, [
      { ...kept, last: 2, batches: 1, digest: String((await store.listBatches(run, { limit: 2 }))[1].digest) },
    ])
    t.same(await parts(-1, 99, all), [e, both, f, a], 'neither of other batches nor of fewer')
    await t.rejects(parts(0, 99, { batches: 6, digest: '00' }), { name: 'StoreUnavailable', reason: 'restored' })
    await t.rejects(parts(0, 99, { batches: 7, digest: '00' }), { name: 'StoreUnavailable', reason: 'restored' })
    await store.delete(owner, 'run')
    await sweepAll(store)
    await t.rejects(parts(0, 99, all), EvaluationGone)
  },

  'windows are read in pages, however many there are and however much is in one': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    const count = 1400
    const batches = Array.from({ length: count }, (_, at) => ({
      ...batchOf(run, `b${at}`),
      window: at % 7 === 0 ? 0 : at,
    }))
    await store.putBatches(batches)
    const head = await found(store, run)
    const pages = await allOf(store.windowParts(run, { from: -1, to: count, most: count }, head))
    t.ok(pages.length >= 3)
    const sequences = pages.flat().map(({ last }) => last)
    const order = (sequence: number) => ((sequence - 1) % 7 === 0 ? 0 : sequence)
    t.same(
      sequences,
      sequences.toSorted((x, y) => order(x) - order(y) || x - y),
    )
    t.equal(new Set(sequences).size, count)
  },

  'a deleted name can be declared anew and counts from 1': async (t, store, owner) => {
    const old = await declareNew(store, owner, 'run')
    await store.putBatches([batchOf(old, 'a'), batchOf(old, 'b')])
    t.same(await store.delete(owner, 'run'), { id: old.id, incarnation: old.incarnation })
    t.equal(await store.delete(owner, 'run'), undefined)
    t.equal(await store.find(owner, 'run'), undefined)
    t.equal(await store.change(owner, 'run', { seals: true }), undefined)
    const anew = await declareNew(store, owner, 'run')
    t.ok(anew.id > old.id)
    t.not(anew.incarnation, old.incarnation)
    const results = await store.putBatches([batchOf(old, 'c'), batchOf(anew, 'b')])
    t.same(results[0], { outcome: 'gone' })
    t.match(results[1], { outcome: 'committed', batch: { sequence: 1 } })
    await sweepAll(store)
    t.same(await store.listBatches(old, { limit: 9 }), [])
    t.same(namesOf(await store.listBatches(anew, { limit: 9 })), ['b'])
  },

  'an evaluation expires after its last write': async (t, store, owner) => {
    const old = await declareNew(store, owner, 'old')
    await declareNew(store, owner, 'used')
    await store.putBatches(Array.from({ length: 1100 }, (_, at) => batchOf(old, `b${at}`)))
    const { digest } = await found(store, old)
    await store.putFolds(old, [{ slot: 0, last: 1100, digest, state: Buffer.from('all') }])
    now += 2000
    const used = await store.find(owner, 'used')
    await store.putBatches([batchOf(used ?? nowhere, 'a')])
    const told: string[] = []
    store.subscribe(old.id, () => told.push('old'))
    await changesTold(store)
    told.length = 0
    const expired: string[] = []
    t.equal(await store.sweep(now - 1000, (each) => each.owner === owner && expired.push(each.name)), true, 'one step')
    t.same(expired, ['old'])
    t.equal(await store.find(owner, 'old'), undefined)
    t.same((await store.listBatches(old, { limit: 1 })).length, 1, 'what it stored goes bit by bit')
    await sweepAll(store, now - 1000)
    t.same(await store.listBatches(old, { limit: 1 }), [])
    t.same(await store.folds(old, 0, 9), [])
    t.same(namesOf(await store.list(owner, { limit: 9 })), ['used'])
    t.ok(await eventually(() => told.length > 0))
    t.equal(await store.sweep(now - 1000), false)
    t.equal(await store.sweep(), false)
  },

  'what is read for a caller is charged to it, and a commit, which several may share, to none': async (
    t,
    store,
    owner,
  ) => {
    let charged = 0
    const charge = (milliseconds: number) => {
      charged += milliseconds
    }
    const caller = { owner, isOver: false, level: 0, charge }
    const run = await declareNew(store, owner, 'run')
    await onBehalfOf(caller, () => store.putBatches([batchOf(run, 'a')]))
    t.equal(charged, 0)
    const begin = performance.now()
    await onBehalfOf(caller, () => store.find(owner, 'run'))
    t.ok(charged > 0 && charged <= performance.now() - begin, `${charged} ms`)
  },

  'folded totals are kept by slot, while the batches are those that they were folded from': async (t, store, owner) => {
    const run = await declareNew(store, owner, 'run')
    await store.putBatches(Array.from({ length: 40 }, (_, at) => batchOf(run, `b${at}`)))
    const batches = await store.listBatches(run, { limit: 40 })
    const fold = (slot: number, last: number, text = `${slot} to ${last}`) => ({
      slot,
      last,
      digest: batches[last - 1].digest,
      state: Buffer.from(text),
    })
    const foldsOf = async (from: number, to: number) =>
      (await store.folds(run, from, to)).map(({ slot, last, state }) => [slot, last, Buffer.from(state).toString()])
    await store.putFolds(run, [])
    t.same(await foldsOf(0, 9), [])
    await store.putFolds(run, [fold(3, 30), fold(0, 5), fold(2, 20)])
    t.same(await foldsOf(0, 2), [
      [0, 5, '0 to 5'],
      [2, 20, '2 to 20'],
    ])
    await store.putFolds(run, [{ ...fold(0, 5, 'of others'), digest: 'ab'.repeat(32) }])
    await store.putFolds({ ...run, incarnation: 'ab'.repeat(16) }, [fold(0, 5, 'of another')])
    await store.putFolds(run, [fold(2, 20, 'again')])
    t.same(await foldsOf(0, 9), [
      [0, 5, '0 to 5'],
      [2, 20, 'again'],
      [3, 30, '3 to 30'],
    ])
    const after = { batches: 5, digest: batches[4].digest }
    t.equal((await store.folds(run, 2, 9, after)).length, 2)
    const restored = { name: 'StoreUnavailable', reason: 'restored' }
    await t.rejects(store.folds(run, 2, 9, { ...after, digest: 'ab'.repeat(32) }), restored)
    t.same(await store.folds({ ...run, incarnation: 'ab'.repeat(16) }, 0, 9), [])
    await store.delete(owner, 'run')
    await store.putFolds(run, [fold(4, 40)])
    t.same(await foldsOf(4, 4), [])
  },

  'subscribers are told of batches, of the seal and of the end': async (t, store, owner) => {
    const [ours, other] = [await declareNew(store, owner, 'run'), await declareNew(store, owner, 'other')]
    let calls = 0
    const listener = () => calls++
    const ends = [store.subscribe(ours.id, listener), store.subscribe(ours.id, listener)]
    ends[0]()
    await changesTold(store)
    const isTold = async (what: string, change: () => Promise<unknown>) => {
      calls = 0
      await change()
      t.ok(await eventually(() => calls > 0), what)
      await changesTold(store)
    }
    await isTold('a batch', () => store.putBatches([batchOf(ours, 'a')]))
    await isTold('the seal', () => store.change(owner, 'run', { seals: true }))
    calls = 0
    await store.putBatches([batchOf(other, 'a')])
    await changesTold(store)
    t.equal(calls, 0, 'of nothing else')
    await isTold('the end', () => store.delete(owner, 'run'))
    calls = 0
    ends[1]()
    await store.putBatches([batchOf(other, 'b')])
    await changesTold(store)
    t.equal(calls, 0, 'and no more')
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
async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

async function found(store: Store, { owner, name }: Evaluation): Promise<Evaluation> {
  return (await store.find(owner, name)) as Evaluation
}

/** How far it went when it had so many batches. */
async function earlier(store: Store, evaluation: Evaluation, batches: number): Promise<CountedBatches> {
  const [{ digest }] = await store.listBatches(evaluation, { after: batches - 1, limit: 1 })
  return { ...evaluation, batches, digest }
}

/** The digests of the first batches of an evaluation. */
function digestsOf(incarnation: string, batches: readonly NewBatch[]): string[] {
  const start = Buffer.concat([Buffer.from(incarnation, 'hex'), Buffer.alloc(16)])
  const digests = [start]
  for (const { fingerprint, labelsDigest, samples, name } of batches) {
    const number = new DataView(new ArrayBuffer(8))
    number.setFloat64(0, samples)
    const parts = [
      digests[digests.length - 1],
      fingerprint,
      labelsDigest,
      Buffer.from(number.buffer),
      Buffer.from(name),
    ]
    digests.push(createHash('sha256').update(Buffer.concat(parts)).digest())
  }
  return digests.slice(1).map((digest) => digest.toString('hex'))
}

/** All pairs of two evaluations: the name, and the states as text where there are any. */
async function pairsOf(store: Store, first: CountedBatches, second: CountedBatches): Promise<string[][]> {
  const pairs: string[][] = []
  for await (const page of store.pairs(first, second)) {
    pairs.push(...page.map(({ name, states = [] }) => [name, ...states.map((state) => Buffer.from(state).toString())]))
  }
  return pairs
}

let fences = 0

/** Waits until listeners have been told of all changes so far: they come in order. */
async function changesTold(store: Store): Promise<void> {
  const run = await declareNew(store, 'fences', `fence-${fences++}`)
  let calls = 0
  const end = store.subscribe(run.id, () => calls++)
  await store.putBatches([batchOf(run, 'a')])
  await eventually(() => calls > 0)
  end()
  await store.delete('fences', `fence-${fences - 1}`)
}

test('a name that is deleted while it is declared is declared all the same', async (t) => {
  const evaluation = { id: 2, name: 'run', incarnation: Buffer.alloc(16, 1), digest: null }
  // neither made nor found, though there is room
  const answers = [
    [[], [], [{ count: 0 }]],
    [[evaluation], [], [{ count: 1 }]],
  ]
  const engine = { transaction: async () => answers.shift() } as unknown as EvaluationEngine
  const store = new SqlStore(engine, limits)
  const found = { ...evaluation, incarnation: '01'.repeat(16) }
  t.same(await store.declare('owner', 'run', declaration), { outcome: 'created', evaluation: found })
})

for (const [name, open] of Object.entries(engines)) {
  test(name, async (t) => {
    const engine = await open()
    const store = new SqlStore(engine, limits, () => now)
    let count = 0
    for (const [behaviour, run] of Object.entries(behaviours)) {
      await t.test(behaviour, (t) => run(t, store, `owner ${count++}`))
    }
    await t.test('names that begin with few letters are found without reading all others', async (t) => {
      // of a few rows a planner may as well read all
      await engine.write({
        text: `WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2000)
          INSERT INTO evaluations (owner, name, declaration, status, created_at, updated_at)
          SELECT 'crowd', 'run-' || n, '{}', 'open', 0, 0 FROM many`,
        values: [],
      })
      const texts: string[] = []
      const watched = new Proxy(engine, {
        get(target, key) {
          if (key !== 'query') return Reflect.get(target, key)
          return (statement: Statement) => {
            texts.push(statement.text)
            return target.query(statement)
          }
        },
      })
      await new SqlStore(watched, limits).list('owner', { prefix: 'x', limit: 2 })
      t.equal(texts.length, 2)
      // of few rows PostgreSQL takes any index, by what it has last counted
      const rows = `INSERT INTO evaluations (owner, name, declaration, status, created_at, updated_at)
        SELECT 'another', 'n' || n, '', 'open', 0, 0 FROM generate_series(1, 5000) AS n`
      if (name === 'PostgreSQL')
        for (const text of [rows, 'ANALYZE evaluations']) await engine.query({ text, values: [] })
      for (const text of texts) {
        const explain = name === 'PostgreSQL' ? 'EXPLAIN (GENERIC_PLAN)' : 'EXPLAIN QUERY PLAN'
        const values = name === 'PostgreSQL' ? [] : ['owner', 'x', 'x', 2].slice(0, text.includes('$4') ? 4 : 2)
        const plan = JSON.stringify(await engine.query({ text: `${explain} ${text}`, values }))
        t.match(plan, /evaluations_by_name \(owner=\? AND name>\? AND name<\?\)|evaluations_by_prefix/)
      }
    })
    await t.test('what is deleted goes in steps of few rows, and what is there again stays', async (t) => {
      await sweepAll(store)
      const run = await declareNew(store, 'owner', 'large')
      const numbers = 'WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 1200)'
      const fill = async () => {
        const bytes = Buffer.from('x')
        for (const into of [
          `halves (evaluation, id, state, expires_at) SELECT $1, 'id' || n, 1, 9`,
          `windows (evaluation, start, batches, last, digest, state) SELECT $1, n - 600, 1, 1, $2, $2`,
          'folds (evaluation, slot, last, state) SELECT $1, n, 1, $2',
          `batches (evaluation, sequence, name, fingerprint, labels_digest, samples, loss_status, state, created_at)
             SELECT $1, n, 'b' || n, $2, $2, 1, 'finite', $2, 0`,
        ]) {
          const text = `${numbers} INSERT INTO ${into} FROM many`
          await engine.write({ text, values: into.includes('$2') ? [run.id, bytes] : [run.id] })
        }
      }
      const tables = ['halves', 'windows', 'folds', 'batches']
      const rows = async () => {
        const counts = tables.map((table) => `(SELECT count(*) FROM ${table} WHERE evaluation = $1) AS ${table}`)
        const [found] = await engine.query<Record<string, number>>({
          text: `SELECT ${counts.join(', ')}`,
          values: [run.id],
        })
        return tables.map((table) => found[table])
      }
      const setStatus = (status: string) =>
        engine.write({ text: 'UPDATE evaluations SET status = $1 WHERE id = $2', values: [status, run.id] })
      await fill()
      await store.delete('owner', 'large')
      for (let step = 0; step < 4; step++) t.equal(await store.sweep(), true)
      t.same(await rows(), [0, 1200, 1200, 1200])
      t.equal(await store.sweep(), true)
      t.same(await rows(), [0, 700, 1200, 1200])
      // the database has gone back to before it was deleted
      await setStatus('open')
      await sweepAll(store)
      t.same(await rows(), [0, 700, 1200, 1200])
      await setStatus('deleted')
      let steps = 0
      for (let before = 3100; await store.sweep(); steps++) {
        const left = (await rows()).reduce((sum, count) => sum + count, 0)
        t.ok(before - left <= 500, `${before} to ${left}`)
        const text = 'SELECT max(sequence) AS last, count(*) AS count FROM batches WHERE evaluation = $1'
        const [{ last, count }] = await engine.query<Record<string, number>>({ text, values: [run.id] })
        t.equal(last ?? 0, count, 'the last batches go first')
        before = left
      }
      t.equal(steps, 1 + 3 + 4 + 4)
      t.same(await rows(), [0, 0, 0, 0])
      t.same(await engine.query({ text: 'SELECT id FROM evaluations WHERE id = $1', values: [run.id] }), [])
    })
    await t.test('the statements of a transaction count together or not at all', async (t) => {
      const { id } = await declareNew(store, 'owner', 'together')
      const rename = (name: string) => ({
        text: 'UPDATE evaluations SET name = $1 WHERE id = $2 RETURNING name',
        values: [name, id],
      })
      const one = { text: 'SELECT 1 AS one', values: [] }
      t.same(await engine.transaction([rename('x'), one]), [[{ name: 'x' }], [{ one: 1 }]])
      const wrong = { text: 'SELECT wrong', values: [] }
      const mistake = { name: /^(?:E|e)rror$/, message: /no such column: wrong|column "wrong" does not exist/ }
      await t.rejects(engine.transaction([rename('y'), wrong]), mistake)
      await t.rejects(engine.query(wrong), mistake, 'and a mistake is no fault of the database')
      t.same(await engine.query({ text: 'SELECT name FROM evaluations WHERE id = $1', values: [id] }), [{ name: 'x' }])
    })
    await store.ping()
    const last = store.putBatches([batchOf(nowhere, 'x')])
    const closed = store.close()
    t.same(await last, [{ outcome: 'gone' }], 'what was begun is finished')
    await closed
    await t.rejects(store.ping(), { name: 'StoreUnavailable', reason: 'closed' })
    await t.rejects(store.putBatches([batchOf(nowhere, 'x')]), { name: 'StoreUnavailable', reason: 'closed' })
  })
}
