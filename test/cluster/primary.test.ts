import { EventEmitter } from 'node:events'
import { test } from 'tap'
import type { Question, ToWorker } from '../../src/cluster/messages.ts'
import type { Process } from '../../src/cluster/primary.ts'
import { Primary } from '../../src/cluster/primary.ts'
import type { Ledger } from '../../src/quotas/ledger.ts'
import { MemoryLedger } from '../../src/quotas/memory-ledger.ts'
import { eventually } from '../eventually.ts'
import { counter, gauge } from '../operation/support.ts'

/** A worker that does what the test says. */
class FakeWorker extends EventEmitter {
  readonly place: number
  readonly heard: ToWorker[] = []
  readonly process: EventEmitter & { pid: number; kill(signal: string): void }

  constructor(place: number, pid: number) {
    super()
    this.place = place
    this.process = Object.assign(new EventEmitter(), { pid, kill: (signal: string) => this.end(null, signal) })
  }

  send(message: ToWorker, done: () => void): void {
    this.heard.push(message)
    this.emit('heard', message)
    done()
  }

  listen(): void {
    this.emit('listening')
  }

  ask(question: Question): void {
    this.emit('message', { question })
  }

  leave(): void {
    this.emit('message', { isLeaving: true })
  }

  end(code: number | null = 0, signal: string | null = null): void {
    this.process.emit('close', code, signal)
  }
}

interface Line {
  readonly level: 'info' | 'error'
  readonly fields: Record<string, unknown>
}

function lead(workers: number, pauseMs = 1, ledger: Ledger = new MemoryLedger()) {
  const forked: FakeWorker[] = []
  const lines: Line[] = []
  const failures: Error[] = []
  const log = (level: Line['level']) => (fields: object | string, message?: string) =>
    lines.push({ level, fields: typeof fields === 'string' ? { message: fields } : { ...fields, message } })
  const primary = new Primary({
    workers,
    pauseMs,
    log: { info: log('info'), error: log('error') },
    ledger,
    metrics: async (silent) => [gauge('lossmeter_silent_workers', silent)],
    fork: (place) => {
      if (failures.length > 0) throw failures.pop()
      const worker = new FakeWorker(place, 100 + forked.length)
      forked.push(worker)
      return worker as unknown as Process
    },
  })
  return { primary, forked, lines, failures }
}

/** A primary whose workers listen. */
async function started(workers: number, pauseMs?: number, ledger?: Ledger) {
  const led = lead(workers, pauseMs, ledger)
  const start = led.primary.start()
  for (let at = 0; at < workers; at++) {
    await eventually(() => led.forked.length > at)
    led.forked[at].listen()
  }
  await start
  led.lines.length = 0
  return led
}

test('the first worker starts alone, then the others', async (t) => {
  const { primary, forked, lines } = lead(3)
  const start = primary.start()
  t.same(
    forked.map(({ place }) => place),
    [0],
  )
  forked[0].listen()
  t.ok(await eventually(() => forked.length === 3))
  t.same(
    forked.map(({ place }) => place),
    [0, 1, 2],
  )
  t.same(lines, [])
  forked[1].listen()
  forked[2].listen()
  t.equal(await start, true)
  t.same(lines, [{ level: 'info', fields: { workers: 3, message: 'all workers are listening' } }])
})

test('a first worker that does not start is not replaced', async (t) => {
  const { primary, forked, lines } = lead(2)
  const start = primary.start()
  forked[0].end(1)
  t.equal(await start, false)
  t.same([forked.length, lines], [1, []])
})

test('a worker that ends is replaced, with a pause that grows while it ends soon', async (t) => {
  const { primary, forked, lines } = await started(2)
  forked[1].end(null, 'SIGKILL')
  for (let at = 2; at < 5; at++) {
    t.ok(await eventually(() => forked.length > at))
    t.equal(forked[at].place, 1)
    forked[at].end(7)
  }
  t.ok(await eventually(() => forked.length === 6))
  t.same(
    lines.map(({ level, fields }) => [level, fields.worker, fields.code, fields.signal, fields.pauseMs]),
    [
      ['error', 101, null, 'SIGKILL', 1],
      ['error', 102, 7, null, 2],
      ['error', 103, 7, null, 4],
      ['error', 104, 7, null, 8],
    ],
  )
  t.match(lines[0].fields, { message: 'a worker ended; a new one replaces it' })
  forked[5].listen()
  const closed = primary.close(0)
  forked[0].end()
  forked[5].end()
  await closed
})

test('one that has lived for long is replaced at once', async (t) => {
  const { forked, lines } = await started(1, 60_000)
  const now = performance.now.bind(performance)
  t.intercept(performance, 'now', { value: () => now() + 20_000 })
  forked[0].end(1)
  t.ok(await eventually(() => forked.length === 2))
  t.match(lines, [{ fields: { pauseMs: 0 } }])
})

test('one that ends by itself is replaced when it says so, once', async (t) => {
  const { forked, lines } = await started(2)
  // node --watch
  forked[0].emit('message', { 'watch:import': ['file:///main.ts'] })
  t.same(lines, [])
  forked[0].leave()
  t.ok(await eventually(() => forked.length === 3))
  forked[0].end(1)
  t.match(lines, [{ level: 'error', fields: { worker: 100, message: 'a worker is ending; a new one replaces it' } }])
  t.equal(forked.length, 3)
})

test('a restart replaces one after the other: the new one listens before the old one is told to end', async (t) => {
  const { primary, forked, lines } = await started(2)
  const restart = primary.restart()
  await primary.restart()
  t.same(
    forked.map(({ place }) => place),
    [0, 1, 0],
    'one restart at a time',
  )
  t.same(forked[0].heard, [])
  forked[2].listen()
  t.ok(await eventually(() => forked[0].heard.length === 1))
  t.same(forked[0].heard, [{ close: { delayMs: 0, isAll: false } }])
  forked[0].ask('mayStop')
  forked[0].ask('stopped')
  t.same(forked[0].heard.slice(1), [
    { answer: 'mayStop', isLast: false },
    { answer: 'stopped', isLast: false },
  ])
  t.equal(forked.length, 3, 'the second waits until the first has ended')
  forked[0].end()
  t.ok(await eventually(() => forked.length === 4))
  forked[3].listen()
  t.ok(await eventually(() => forked[1].heard.length === 1))
  forked[1].end()
  await restart
  t.same(lines, [{ level: 'info', fields: { message: 'all workers were replaced' } }])
})

test('a restart whose worker does not start changes nothing', async (t) => {
  const { primary, forked, lines } = await started(2)
  const restart = primary.restart()
  forked[2].end(1)
  await restart
  t.same([forked[0].heard, forked[1].heard, forked.length], [[], [], 3])
  t.same(lines, [{ level: 'error', fields: { message: 'the new worker did not start; the old workers stay' } }])
  forked[0].end()
  t.ok(await eventually(() => forked.length === 4), 'it is relied on as before')
})

test('workers that end during a restart', async (t) => {
  const { primary, forked, lines } = await started(2, 60_000)
  // it would be replaced in a minute; the restart does so now
  forked[0].end(1)
  const restart = primary.restart()
  t.ok(await eventually(() => forked.length === 3))
  forked[2].listen()
  t.ok(await eventually(() => forked.length === 4))
  // the new one fails, and the old one is gone
  forked[1].end(1)
  forked[3].end(1)
  await restart
  t.ok(await eventually(() => forked.length === 5))
  t.equal(forked[4].place, 1)
  t.same(
    lines.map(({ fields }) => fields.message),
    ['a worker ended; a new one replaces it', 'the new worker did not start; the old workers stay'],
  )
})

test('at the end all are told; one after the other stops listening, and all go on when none listens', async (t) => {
  const { primary, forked } = await started(3)
  let isClosed = false
  const closed = primary.close(40).then(() => {
    isClosed = true
  })
  for (const { heard } of forked) t.same(heard.splice(0), [{ close: { delayMs: 40, isAll: true } }])
  await primary.restart()
  t.equal(forked.length, 3, 'no restart any more')
  const [a, b, c] = forked
  const heard = () => forked.map((worker) => worker.heard.splice(0))
  a.ask('mayStop')
  t.same(heard(), [[{ answer: 'mayStop', isLast: false }], [], []])
  b.ask('mayStop')
  t.same(heard(), [[], [{ answer: 'mayStop', isLast: false }], []])
  c.ask('mayStop')
  t.same(heard(), [[], [], []], 'the last one waits for the others')
  a.ask('stopped')
  t.same(heard(), [[], [], []])
  b.end(null, 'SIGKILL')
  t.same(heard(), [[], [], [{ answer: 'mayStop', isLast: true }]], 'one that has ended has stopped, too')
  c.ask('trip')
  t.same(heard(), [[], [], [{ answer: 'trip', isLast: false }]])
  c.ask('stopped')
  t.same(heard(), [[{ answer: 'stopped', isLast: false }], [], [{ answer: 'stopped', isLast: false }]])
  a.end()
  t.equal(isClosed, false)
  c.end()
  await closed
})

test('at the end those that do not listen yet are killed, and none is started any more', async (t) => {
  const { primary, forked, lines } = await started(2, 30)
  forked[0].end(1)
  const restart = primary.restart()
  await eventually(() => forked.length === 3)
  forked[1].end(1)
  const closed = primary.close(0)
  await closed
  await restart
  t.same(
    forked.map(({ heard }) => heard),
    [[], [], []],
  )
  t.equal(forked.length, 3)
  t.notMatch(
    lines.map(({ fields }) => fields.message),
    ['the new worker did not start; the old workers stay'],
  )
  const early = lead(2)
  const start = early.primary.start()
  await early.primary.close(0)
  t.equal(await start, true, 'it is no failure')
  t.equal(early.forked.length, 1)
  const between = lead(2)
  const second = between.primary.start()
  between.forked[0].listen()
  const end = between.primary.close(0)
  between.forked[0].end()
  await end
  t.equal(await second, true)
  t.equal(between.forked.length, 1)
})

test('workers ask it for quotas', async (t) => {
  const { forked } = await started(2)
  const ask = { key: 'a', minute: 1, limit: 5, owed: 0, need: 3, want: 3 }
  forked[0].emit('message', { number: 7, asks: [ask] })
  forked[1].emit('message', { number: 8, asks: [ask] })
  t.ok(await eventually(() => forked[0].heard.length + forked[1].heard.length === 2))
  t.same(forked[0].heard, [{ number: 7, grants: [{ granted: 3, left: 2 }] }])
  t.same(forked[1].heard, [{ number: 8, grants: [{ granted: 2, left: 0 }] }])
})

test('workers ask it for the metrics of all, those that have ended included', async (t) => {
  const { forked, lines } = await started(2)
  const told = (worker: FakeWorker, count: number) => {
    worker.on('heard', (message: ToWorker) => {
      if ('wantsSnapshot' in message)
        worker.emit('message', { snapshot: [counter('a_total', count), gauge('b', count)] })
    })
  }
  told(forked[0], 2)
  told(forked[1], 5)
  const scraped = async (number: number) => {
    forked[0].emit('message', { number, needs: 'metrics' })
    const text = () => forked[0].heard.flatMap((message) => ('metrics' in message ? [message] : [])).at(-1)
    await eventually(() => text()?.number === number)
    return text()?.metrics.match(/^\w+ .*$/gm)
  }
  t.same(await scraped(1), ['lossmeter_silent_workers 0', 'a_total 7', 'b 7'])
  forked[1].end(1)
  t.same(await scraped(2), ['lossmeter_silent_workers 0', 'a_total 7', 'b 2'])
  await eventually(() => forked.length === 3)
  t.same(await scraped(3), ['lossmeter_silent_workers 0', 'a_total 7', 'b 2'], 'one that does not listen yet has none')
  forked[2].listen()
  t.same(await scraped(4), ['lossmeter_silent_workers 1', 'a_total 7', 'b 2'])
  t.match(lines.at(-1), {
    level: 'error',
    fields: { workers: 1, message: 'workers did not report their metrics in time' },
  })
})

test('what it cannot answer is logged once until it can, and the worker is told', async (t) => {
  let isBroken = true
  const ledger: Ledger = {
    take: async () => {
      if (isBroken) throw new Error('broken')
      return []
    },
    close: async () => undefined,
  }
  const { forked, lines } = await started(1, undefined, ledger)
  const { heard } = forked[0]
  const ask = async (number: number) => {
    forked[0].emit('message', { number, asks: [] })
    t.ok(await eventually(() => heard.length === number))
  }
  await ask(1)
  await ask(2)
  isBroken = false
  await ask(3)
  isBroken = true
  await ask(4)
  const failure = 'Error: broken'
  t.same(heard, [
    { number: 1, failure },
    { number: 2, failure },
    { number: 3, grants: [] },
    { number: 4, failure },
  ])
  t.match(lines, Array(2).fill({ level: 'error', fields: { kind: 'quotas', message: 'cannot answer a worker' } }))
  t.equal(lines.length, 2)
})

test('metrics that cannot be added up are answered as a failure', async (t) => {
  const { forked, lines } = await started(1)
  const wrong = { name: 'a', help: 'a', type: 'gauge', values: undefined }
  forked[0].on('heard', (message: ToWorker) => {
    if ('wantsSnapshot' in message) forked[0].emit('message', { snapshot: [wrong] })
  })
  forked[0].emit('message', { number: 1, needs: 'metrics' })
  t.ok(await eventually(() => forked[0].heard.length === 2))
  t.match(forked[0].heard[1], { number: 1, failure: /Error/ })
  t.match(lines, [{ fields: { kind: 'metrics', message: 'cannot answer a worker' } }])
})

test('a worker that cannot be started is tried again after a pause', async (t) => {
  const { forked, lines, failures } = await started(1)
  failures.push(new Error('too many processes'))
  forked[0].emit('error', new Error('the channel is broken'))
  forked[0].end(1)
  t.ok(await eventually(() => forked.length === 2))
  t.match(lines, [
    { fields: { message: 'a worker failed' } },
    { fields: { message: 'a worker ended; a new one replaces it', pauseMs: 1 } },
    { fields: { err: { message: 'too many processes' }, message: 'cannot start a worker', pauseMs: 2 } },
  ])
  const first = lead(2)
  first.failures.push(new Error('too many processes'))
  t.equal(await first.primary.start(), false, 'at the start it is the end')
})
