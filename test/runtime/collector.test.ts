import { execFile } from 'node:child_process'
import { mock } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Test, test } from 'tap'
import { Collector } from '../../src/runtime/collector.ts'

const mebibyte = 2 ** 20

interface Counted {
  readonly collector: Collector
  runs: number
}

/** A collector that only counts, while time passes by `mock.timers.tick`. */
function counted(t: Test): Counted {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const counts: Counted = { runs: 0, collector: new Collector(() => counts.runs++) }
  return counts
}

test('it runs once, when nothing has been in use for 2 s after a peak', async (t) => {
  const counts = counted(t)
  for (const used of [mebibyte, 64 * mebibyte, 3 * mebibyte, 0]) counts.collector.note(used)
  mock.timers.tick(1999)
  t.equal(counts.runs, 0)
  mock.timers.tick(1)
  t.equal(counts.runs, 1)
  counts.collector.note(0)
  mock.timers.tick(10_000)
  t.equal(counts.runs, 1, 'not again without another peak')
  counts.collector.note(mebibyte)
  counts.collector.note(0)
  mock.timers.tick(10_000)
  t.equal(counts.runs, 1, 'a small one is none')
  counts.collector.note(500 * mebibyte)
  counts.collector.note(0)
  mock.timers.tick(2000)
  t.equal(counts.runs, 2)
})

test('what is kept for later use is given back before', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const calls: string[] = []
  const collector = new Collector(() => calls.push('collect'))
  collector.frees(() => calls.push('free'))
  collector.note(64 * mebibyte)
  collector.note(0)
  t.same(calls, [])
  mock.timers.tick(2000)
  t.same(calls, ['free', 'collect'])
})

test('it does not run without a peak, or while something is in use', async (t) => {
  const counts = counted(t)
  counts.collector.note(64 * mebibyte - 1)
  counts.collector.note(0)
  mock.timers.tick(10_000)
  counts.collector.note(64 * mebibyte)
  mock.timers.tick(10_000)
  counts.collector.note(1)
  mock.timers.tick(10_000)
  t.equal(counts.runs, 0)
})

test('use that resumes puts it off', async (t) => {
  const counts = counted(t)
  counts.collector.note(100 * mebibyte)
  for (let round = 0; round < 5; round++) {
    counts.collector.note(0)
    mock.timers.tick(1500)
    counts.collector.note(1)
    mock.timers.tick(1500)
  }
  t.equal(counts.runs, 0)
  counts.collector.note(0)
  mock.timers.tick(1000)
  counts.collector.note(0)
  mock.timers.tick(1000)
  t.equal(counts.runs, 1, 'to be told again that nothing is in use does not')
  mock.timers.tick(10_000)
  t.equal(counts.runs, 1)
})

/** Leaves buffers behind that nothing holds and that only a full collection frees; `freed` is told of each that it frees. */
function leaveOldGarbage(freed: FinalizationRegistry<undefined>): void {
  const buffers = Array.from({ length: 20 }, () => new ArrayBuffer(mebibyte))
  let young: unknown
  for (let count = 0; count < 200_000; count++) young = new Array(125).fill(young === undefined)
  for (const buffer of buffers) freed.register(buffer, undefined)
}

test('by itself it collects garbage', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const collector = new Collector()
  let left = 20
  // To ask a weak reference again and again would keep what it refers to.
  const freed = new FinalizationRegistry(() => left--)
  leaveOldGarbage(freed)
  collector.note(64 * mebibyte)
  collector.note(0)
  mock.timers.tick(2000)
  mock.timers.reset()
  // the first that is freed shows that a full collection was begun; the last may be held by the stack
  for (let wait = 0; wait < 3000 && left === 20; wait++) await sleep(20)
  t.ok(left < 20)
})

test('a process does not wait for it', async (t) => {
  const script = `
    import { Collector } from ${JSON.stringify(new URL('../../src/runtime/collector.ts', import.meta.url).href)}
    let runs = 0
    const collector = new Collector(() => runs++)
    collector.note(2 ** 30)
    collector.note(0)
    process.on('exit', () => console.log(runs, 'runs'))`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script])
  t.equal(stdout, '0 runs\n')
})
