import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { Scheduler, type Task } from '../../src/runtime/scheduler.ts'

interface Clock {
  pass(milliseconds: number): void
}

/** From here to the end of the test, time passes only when it is told to, so that nothing depends on the machine. */
function stopClock(t: Test): Clock {
  let now = 1000
  Object.defineProperty(performance, 'now', { configurable: true, value: () => now })
  t.teardown(() => Reflect.deleteProperty(performance, 'now'))
  return {
    pass(milliseconds) {
      now += milliseconds
    },
  }
}

/** Counts the turns of the event loop, and the longest that one of them took. */
class Turns {
  count = 0
  longest = 0
  #since = performance.now()
  #next: NodeJS.Immediate

  constructor() {
    this.#next = setImmediate(() => this.#turn())
  }

  stop(): void {
    clearImmediate(this.#next)
  }

  #turn(): void {
    this.count++
    const now = performance.now()
    this.longest = Math.max(this.longest, now - this.#since)
    this.#since = now
    this.#next = setImmediate(() => this.#turn())
  }
}

const overtime = new Error('overtime')
const gone = new Error('gone')

function unlimited(scheduler: Scheduler): Task {
  return scheduler.task(Number.POSITIVE_INFINITY, () => overtime)
}

function unlimitedOf(scheduler: Scheduler, owner: string): Task {
  return scheduler.task(Number.POSITIVE_INFINITY, () => overtime, owner)
}

/** Half a millisecond a step. */
function* computing(clock: Clock, milliseconds: number, step = () => {}): Generator<void, string> {
  for (let passed = 0; passed < milliseconds; passed += 0.5) {
    clock.pass(0.5)
    step()
    yield
  }
  return 'done'
}

/** All in one step. */
// biome-ignore lint/correctness/useYield: a computation without a pause
function* atOnce(compute: () => void): Generator<void, void> {
  compute()
}

test('the value of the last step is the result, and what a step throws comes out', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  t.equal(await unlimited(scheduler).run(computing(clock, 1)), 'done')
  t.equal(await unlimited(scheduler).run(computing(clock, 50)), 'done')
  const failed = new Error('in a step')
  const task = unlimited(scheduler)
  const fail = (): void => {
    throw failed
  }
  await t.rejects(task.run(atOnce(fail)), failed)
  t.equal(task.reason, undefined)
  t.equal(scheduler.waiting, 0)
})

test('a short computation is not interrupted', async (t) => {
  const clock = stopClock(t)
  const turns = new Turns()
  await unlimited(new Scheduler()).run(computing(clock, 3.5))
  t.equal(turns.count, 0)
  turns.stop()
})

for (const count of [1, 2, 50]) {
  test(`${count} long computations together hold up what comes in for 4 ms at most`, async (t) => {
    const clock = stopClock(t)
    const scheduler = new Scheduler()
    const turns = new Turns()
    await Promise.all(Array.from({ length: count }, () => unlimited(scheduler).run(computing(clock, 20))))
    turns.stop()
    t.ok(turns.longest <= 4, `${turns.longest} ms`)
    t.ok(turns.count >= (count * 20) / 4 - 1, `${turns.count} turns`)
  })
}

test('on a real clock too: others get their turn every few milliseconds', async (t) => {
  const scheduler = new Scheduler()
  const turns = new Turns()
  function* spinning(): Generator<void, void> {
    for (let step = 0; step < 100; step++) {
      const end = performance.now() + 1
      while (performance.now() < end);
      yield
    }
  }
  await Promise.all([unlimited(scheduler).run(spinning()), unlimited(scheduler).run(spinning())])
  turns.stop()
  // A slice has room for 5 steps that begin before its end, however slow the machine is.
  t.ok(turns.count >= 200 / 5 - 1, `${turns.count} turns for 200 steps of 1 ms`)
})

test('those that have hardly begun are next, then the first that came; a newcomer who waited begins with 1 ms', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const slices: [name: string, milliseconds: number][] = []
  const turns = new Turns()
  let turn = -1
  const run = (name: string, milliseconds: number): Promise<string> => {
    const step = (): void => {
      if (turn !== turns.count || slices.at(-1)?.[0] !== name) slices.push([name, 0])
      turn = turns.count
      slices[slices.length - 1][1] += 0.5
    }
    return unlimited(scheduler).run(computing(clock, milliseconds, step))
  }
  await Promise.all([run('a', 12), run('b', 9), run('c', 9)])
  turns.stop()
  t.same(slices, [
    ['a', 4], // it came first, and did not wait
    ['b', 1],
    ['c', 1],
    ['a', 4],
    ['a', 4],
    ['b', 4],
    ['b', 4],
    ['c', 4],
    ['c', 4],
  ])
})

test('one that has computed less than 16 ms goes before those that have computed longer, and so on', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const done: string[] = []
  const run = (name: string, milliseconds: number) =>
    unlimited(scheduler)
      .run(computing(clock, milliseconds))
      .then(() => done.push(name))
  const longest = run('longest', 600)
  const long = run('long', 100)
  while (scheduler.waiting < 2) await nextTurn()
  for (let turn = 0; turn < 20; turn++) await nextTurn()
  const small = run('small', 12)
  await Promise.all([longest, long, small])
  t.same(done, ['small', 'long', 'longest'])
})

test('32 that wait and have hardly begun are a crowd, others are not', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const run = () => unlimited(scheduler).run(computing(clock, 20))
  const all = [run()]
  for (let count = 0; count < 31; count++) all.push(run())
  t.same([scheduler.waiting, scheduler.isCrowded], [32, false], 'the first has begun')
  const last = unlimited(scheduler)
  all.push(last.run(computing(clock, 20)))
  t.equal(scheduler.isCrowded, true)
  last.abandon(gone)
  t.equal(scheduler.isCrowded, false)
  t.equal((await Promise.allSettled(all)).at(-1)?.status, 'rejected')
  t.equal(scheduler.isCrowded, false)
})

test('a small one that comes while 50 long ones compute is done in the next turn', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const large = Array.from({ length: 50 }, () => unlimited(scheduler).run(computing(clock, 100)))
  const turns = new Turns()
  while (turns.count < 60) await nextTurn()
  t.equal(scheduler.waiting, 50)
  const before = turns.count
  await unlimited(scheduler).run(atOnce(() => clock.pass(0.5)))
  t.ok(turns.count - before <= 2, `${turns.count - before} turns`)
  await Promise.all(large)
  turns.stop()
})

test('a small one that comes right after 50 long ones waits for 1 ms of each', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const begin = performance.now()
  const large = Array.from({ length: 50 }, () => unlimited(scheduler).run(computing(clock, 100)))
  await unlimited(scheduler).run(atOnce(() => clock.pass(0.5)))
  const waited = performance.now() - begin
  t.ok(waited <= 4 + 49 + 0.5, `${waited} ms`)
  await Promise.all(large)
})

test('nobody waits for many new ones of another owner', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const order: string[] = []
  const run = (owner: string) => {
    const task = scheduler.task(Number.POSITIVE_INFINITY, () => overtime, owner)
    return task.run(computing(clock, 3)).then(() => order.push(owner))
  }
  const many = Array.from({ length: 100 }, () => run('many'))
  await nextTurn()
  const one = run('one')
  const turns = new Turns()
  await one
  // its first slice at once, and the rest when each of the others has had its first
  t.ok(turns.count <= 110, `${turns.count} turns`)
  const first = unlimitedOf(scheduler, 'first')
  const begin = performance.now()
  await first.run(atOnce(() => clock.pass(0.5)))
  t.ok(performance.now() - begin <= 9, `${performance.now() - begin} ms`)
  turns.stop()
  await Promise.all(many)
})

test('owners have their turns one after the other, however many tasks each has', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const computed = new Map<string, number>()
  const run = (owner: string) => {
    const step = () => {
      computed.set(owner, (computed.get(owner) ?? 0) + 0.5)
    }
    return unlimitedOf(scheduler, owner).run(computing(clock, 14, step))
  }
  const all = ['a', 'b', 'b', 'b', 'c', 'c', 'c', 'c', 'c', 'c'].map(run)
  await all[0]
  const shares = ['a', 'b', 'c'].map((owner) => computed.get(owner) ?? 0)
  for (const share of shares) t.ok(share >= 10 && share <= 18, `${shares}`)
  await Promise.all(all)
})

test('while connections arrive, slices are short', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const turns = new Turns()
  const done = Promise.all([1, 2].map(() => unlimited(scheduler).run(computing(clock, 40))))
  await nextTurn()
  for (let arrived = 0; arrived < 20; arrived++) {
    scheduler.shortenNextSlice()
    const begin = performance.now()
    await nextTurn()
    if (arrived > 0) t.ok(performance.now() - begin <= 1, `${performance.now() - begin} ms`)
  }
  await done
  turns.stop()
  t.ok(turns.longest <= 4.5, 'and long again afterwards')
})

test('what is left of a slice goes to the next one who waits', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const turns = new Turns()
  const doneIn: number[] = []
  const run = async (): Promise<void> => {
    await unlimited(scheduler).run(atOnce(() => clock.pass(0.25)))
    doneIn.push(turns.count)
  }
  const fail = async (): Promise<void> => {
    const failing = atOnce(() => {
      clock.pass(0.25)
      throw gone
    })
    await t.rejects(unlimited(scheduler).run(failing), gone)
    doneIn.push(turns.count)
  }
  const first = unlimited(scheduler).run(computing(clock, 4.5))
  // 1 ms is handed out: four find place in it, and the fifth begins another.
  await Promise.all([run(), fail(), run(), run(), run(), first])
  turns.stop()
  t.equal(new Set(doneIn.slice(0, 4)).size, 1, 'four in one turn')
  t.equal(doneIn[4], doneIn[3] + 1)
})

test('a task that stops before the end of its slice passes it on in the same turn, one that stops later does not', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const [task, other] = [unlimited(scheduler), unlimited(scheduler)]
  const turns = new Turns()
  for (const [computed, turnsBetween] of [
    [0.25, 0],
    [5, 1],
  ]) {
    await task.pause()
    const { count } = turns
    const waiting = other.pause()
    clock.pass(computed)
    task.stop()
    await waiting
    t.equal(turns.count - count, turnsBetween)
    other.stop()
  }
  turns.stop()
})

test('the time of a task is what it computes, not what it waits', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const [one, two] = [unlimited(scheduler), unlimited(scheduler)]
  await Promise.all([one.run(computing(clock, 20)), two.run(computing(clock, 30))])
  clock.pass(100)
  t.same([one.computed, two.computed], [20, 30])
  one.stop()
  t.equal(one.computed, 20, 'one that does not compute cannot stop')
})

test('a task that had started goes on after a run, one that had not does not', async (t) => {
  const clock = stopClock(t)
  const task = unlimited(new Scheduler())
  await task.run(computing(clock, 10))
  clock.pass(1)
  task.stop()
  t.equal(task.computed, 10)
  task.start()
  clock.pass(1)
  task.start()
  await task.run(computing(clock, 10))
  clock.pass(1)
  task.stop()
  t.equal(task.computed, 22)
})

test('a pause lasts until the next turn, also of a task alone', async (t) => {
  const clock = stopClock(t)
  const task = unlimited(new Scheduler())
  const turns = new Turns()
  await task.pause()
  t.equal(turns.count, 1)
  clock.pass(0.5)
  t.equal(task.isDue, false)
  clock.pass(4)
  t.equal(task.isDue, true)
  await task.pause()
  turns.stop()
  t.equal(task.isDue, false)
  t.equal(task.computed, 4.5)
})

/** A long computation that tells how it ended. */
class Long {
  steps = 0
  isFreed = false;

  *run(clock: Clock, atStep = () => {}): Generator<void, void> {
    try {
      for (; this.steps < 1000; this.steps++) {
        clock.pass(0.5)
        atStep()
        yield
      }
    } finally {
      this.isFreed = true
    }
  }
}

test('one that is abandoned while it waits ends at once', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const [task, another] = [unlimited(scheduler), unlimited(scheduler)]
  const long = new Long()
  const running = task.run(long.run(clock))
  const waiting = another.run(computing(clock, 1))
  t.equal(scheduler.waiting, 2)
  const turns = new Turns()
  task.abandon(gone)
  t.equal(scheduler.waiting, 1)
  await t.rejects(running, gone)
  t.same([turns.count, long.isFreed, long.steps], [0, true, 7], 'before the next turn')
  t.equal(task.reason, gone)
  t.equal(await waiting, 'done', 'the others go on')
  turns.stop()

  task.abandon(overtime)
  t.equal(task.reason, gone, 'the first reason stays')
  t.throws(() => task.start(), gone)
  await t.rejects(task.pause(), gone)
  const never = new Long()
  await t.rejects(task.run(never.run(clock)), gone)
  t.equal(never.steps, 0)
})

test('one that is abandoned while it computes ends at its next pause', async (t) => {
  const clock = stopClock(t)
  const task = unlimited(new Scheduler())
  const long = new Long()
  const turns = new Turns()
  await t.rejects(
    task.run(
      long.run(clock, () => {
        if (long.steps === 2) task.abandon(gone)
      }),
    ),
    gone,
  )
  turns.stop()
  t.same([turns.count, long.isFreed, long.steps], [0, true, 7])
})

test('one that is abandoned just when it gets its turn computes no more', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const [task, other] = [unlimited(scheduler), unlimited(scheduler)]
  const long = new Long()
  const running = task.run(long.run(clock))
  const waiting = other.run(
    atOnce(() => {
      queueMicrotask(() => task.abandon(gone))
    }),
  )
  await waiting
  await t.rejects(running, gone)
  t.same([long.isFreed, long.steps], [true, 7])
})

test('steps that do not mind the error end all the same', async (t) => {
  const clock = stopClock(t)
  const task = unlimited(new Scheduler())
  function* stubborn(): Generator<void, string> {
    try {
      yield* computing(clock, 100)
    } catch {}
    return 'done'
  }
  const running = task.run(stubborn())
  task.abandon(gone)
  await t.rejects(running, gone)
})

test('one that computes for longer than it may ends with an error of its own', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  let made = 0
  const task = scheduler.task(10, () => new Error(`longer than 10 ms, error ${++made}`))
  const long = new Long()
  const other = unlimited(scheduler).run(computing(clock, 100))
  await t.rejects(task.run(long.run(clock)), { message: 'longer than 10 ms, error 1' })
  t.ok(long.isFreed)
  t.ok(task.computed > 10 && task.computed <= 14, `${task.computed} ms`)
  t.throws(() => task.start(), { message: 'longer than 10 ms, error 1' }, 'the same error again')
  task.abandon(gone)
  t.match(task.reason, { message: 'longer than 10 ms, error 1' })
  t.equal(await other, 'done')
})

test('what was computed for a task elsewhere counts', async (t) => {
  const clock = stopClock(t)
  const task = new Scheduler().task(10, () => overtime)
  t.equal(await task.run(computing(clock, 4)), 'done')
  t.equal(task.level, 1)
  task.charge(6)
  t.equal(await task.run(computing(clock, 0)), 'done')
  task.charge(290)
  t.same([task.computed, task.level], [300, 3])
  t.throws(() => task.start(), overtime)
})

test('a task may be allowed more', async (t) => {
  const clock = stopClock(t)
  const task = new Scheduler().task(10, () => overtime)
  for (let round = 0; round < 5; round++) {
    t.equal(await task.run(computing(clock, 8)), 'done')
    task.allow(10)
  }
  t.equal(task.computed, 40)
  await t.rejects(task.run(computing(clock, 16)), overtime)
})

test('what fits into the slice is done at once, and what does not later', async (t) => {
  const clock = stopClock(t)
  const scheduler = new Scheduler()
  const task = unlimited(scheduler)
  t.equal(task.runNow(computing(clock, 1)), 'done')
  t.equal(task.computed, 1)
  const later = task.runNow(computing(clock, 10))
  t.ok(later instanceof Promise)
  t.equal(await later, 'done')
  t.equal(task.computed, 11)
  task.abandon(gone)
  t.throws(() => task.runNow(computing(clock, 1)), gone)
})
