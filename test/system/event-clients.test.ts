import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { EventSource } from 'eventsource'
import { test } from 'tap'
import { freePort } from '../free-port.ts'
import { portOf, start, until } from '../service.ts'

const program = new URL('event-client.py', import.meta.url).pathname
const skip = spawnSync('python3', ['--version']).status !== 0 && 'no Python'
const perRound = 7

test('clients of events see each batch once, in order, while the service is killed three times', {
  skip,
}, async (t) => {
  const port = String(await freePort())
  const variables = { PORT: port, DATABASE_URL: `sqlite:${t.testdir()}/kept.sqlite` }
  let service = start(t, variables)
  await portOf(service)
  const url = `http://127.0.0.1:${port}/v1/evaluations/watched`
  const put = async (path: string, body: object) => {
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const { status } = await fetch(`${url}${path}`, init)
    t.equal(status, 201)
  }
  await put('', { loss: 'mse', labelFormat: 'values', outputs: 1 })

  const ofBrowser: string[] = []
  const source = new EventSource(`${url}/events?after=0`)
  t.after(() => source.close())
  source.addEventListener('batch', ({ lastEventId }) => ofBrowser.push(lastEventId))
  await once(source, 'open')
  const python = spawn('python3', [program, '127.0.0.1', port, '/v1/evaluations/watched/events?after=0'])
  t.after(() => python.kill('SIGKILL'))
  const ofPython: string[] = []
  createInterface(python.stdout).on('line', (line) => ofPython.push(line))

  let sent = 0
  const sendSome = async () => {
    for (let left = perRound; left > 0; left--) await put(`/batches/b${++sent}`, { predictions: [sent], labels: [0] })
  }
  for (let kill = 0; kill < 3; kill++) {
    await sendSome()
    // some events may be on their way
    service.child.kill('SIGKILL')
    await service.ended
    service = start(t, variables)
    await portOf(service)
    await sendSome()
    await until(() => (ofBrowser.length >= sent && ofPython.length >= sent ? true : undefined))
  }
  const all = Array.from({ length: sent }, (_, at) => String(at + 1))
  t.strictSame(ofBrowser, all)
  t.strictSame(ofPython, all)
})
