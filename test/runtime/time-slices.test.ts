import { test } from 'tap'
import { inSlices, TimeSlicer } from '../../src/runtime/time-slices.ts'

/** Spins for some milliseconds. */
function spin(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

test('the value of the last step is the result', async (t) => {
  function* steps(): Generator<void, string> {
    yield
    yield
    return 'done'
  }
  t.equal(await inSlices(steps()), 'done')
})

test('what a step throws comes out', async (t) => {
  const failing = (): Generator<void, never> => {
    const steps = (function* () {
      yield
    })()
    return Object.assign(steps, {
      next: () => {
        throw new Error('in a step')
      },
    }) as unknown as Generator<void, never>
  }
  await t.rejects(inSlices(failing()), { message: 'in a step' })
})

test('others get their turn every few milliseconds of a long computation', async (t) => {
  let turns = 0
  let next = setImmediate(function turn() {
    turns++
    next = setImmediate(turn)
  })
  let count = 0
  function* steps(): Generator<void, void> {
    for (; count < 100; count++) {
      spin(1)
      yield
    }
  }
  await inSlices(steps())
  clearImmediate(next)
  t.equal(count, 100)
  t.ok(turns >= 15, `${turns} turns in 100 ms`)
})

test('a short computation is not interrupted', async (t) => {
  let turns = 0
  const immediate = setImmediate(() => turns++)
  function* steps(): Generator<void, number> {
    yield
    return turns
  }
  t.equal(await inSlices(steps(), new TimeSlicer()), 0)
  clearImmediate(immediate)
})

test('a slicer is due after its time, and no longer after a pause', async (t) => {
  const slicer = new TimeSlicer()
  t.equal(slicer.isDue, false)
  spin(6)
  t.equal(slicer.isDue, true)
  await slicer.pause()
  t.equal(slicer.isDue, false)
})
