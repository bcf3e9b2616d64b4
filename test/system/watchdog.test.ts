import { test } from 'tap'
import { linesOf, portOf, start, until } from '../service.ts'

/** A process that stands still after the signal, in a function with this name. */
const code = `process.on('SIGUSR2', function standsStill() { for (;;) Math.random() })`
const msg = 'the event loop has not turned for 5000 ms; the process ends'

test('a process whose event loop stands still says where, and ends', async (t) => {
  const service = start(t, {}, code)
  await portOf(service)
  service.child.kill('SIGUSR2')
  // nothing in the process hears it
  service.child.kill('SIGTERM')
  const began = performance.now()
  t.same(await service.ended, [null, 'SIGKILL'])
  t.ok(performance.now() - began < 60_000)
  const line = linesOf(service).at(-1)
  t.match(line, { level: 60, msg, pid: service.child.pid })
  t.match(line, { stack: [/^standsStill .*:\d+$/] })
})

test('a worker that stands still is replaced, and others go on', async (t) => {
  const service = start(t, { WORKERS: '2' }, code)
  const port = await portOf(service)
  await until(() => (linesOf(service).some((line) => line.msg === 'all workers are listening') ? true : undefined))
  const pids = new Set(linesOf(service).flatMap(({ pid, msg }) => (/^Server listening/.test(String(msg)) ? [pid] : [])))
  const [stuck] = Array.from(pids).filter((pid) => pid !== service.child.pid)
  process.kill(Number(stuck), 'SIGUSR2')
  await until(() => (linesOf(service).some((line) => line.msg === msg && line.pid === stuck) ? true : undefined))
  await until(() =>
    linesOf(service).some(({ msg, pid }) => /^Server listening/.test(String(msg)) && !pids.has(pid)) ? true : undefined,
  )
  t.match(
    linesOf(service).find((line) => line.worker === stuck),
    { signal: 'SIGKILL', msg: 'a worker ended; a new one replaces it' },
  )
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200)
})

test('a process that was stopped for a while goes on', async (t) => {
  const service = start(t, {})
  const port = await portOf(service)
  service.child.kill('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, 6000))
  service.child.kill('SIGCONT')
  await new Promise((resolve) => setTimeout(resolve, 1500))
  t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
})
