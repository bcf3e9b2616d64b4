import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'tap'
import { freePort } from '../free-port.ts'
import { portOf, start } from '../service.ts'

const client = new URL('../../src/clients/python', import.meta.url).pathname
const program = new URL('log-steps.py', import.meta.url).pathname
const skip =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status !== 0 && 'no Python 3.9'
/** What builds without a network. */
const builders =
  "import sys, importlib.util as u; sys.exit(not all(u.find_spec(n) for n in ('pip', 'setuptools', 'wheel')))"
const builder = ['python3', '/usr/bin/python3'].find((python) => spawnSync(python, ['-c', builders]).status === 0)
const lacksBuilder = builder === undefined && 'no Python with pip, setuptools and wheel'
/** Milliseconds that a step may pay, as promised. */
const most = 1

interface Paid {
  readonly clock: number
  readonly processor: number
  readonly dropped: number
}

async function paid(port: number | string, how: 'declared' | 'undeclared'): Promise<Paid> {
  const env = { ...process.env, PYTHONPATH: client, PYTHONDONTWRITEBYTECODE: '1' }
  const python = spawn('python3', [program, `http://127.0.0.1:${port}`, how], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output = text(python.stdout)
  await once(python, 'exit')
  return JSON.parse(await output)
}

test('a step pays less than a millisecond for what it logs', { skip }, async (t) => {
  const service = start(t, { DATABASE_URL: 'memory:' })
  const silent = createServer((socket) => socket.on('error', () => undefined)).listen(0, '127.0.0.1')
  t.after(() => silent.close())
  await once(silent, 'listening')
  const address = silent.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const contenders: Record<string, Paid> = {
    'a service': await paid(await portOf(service), 'declared'),
    'one that is silent': await paid(address.port, 'undeclared'),
    'none at all': await paid(await freePort(), 'undeclared'),
  }
  for (const [name, { clock, processor, dropped }] of Object.entries(contenders)) {
    t.comment(
      `${name}: ${clock.toFixed(3)} ms by the clock, ${processor.toFixed(3)} ms of processor, ${dropped} left out`,
    )
    t.ok(clock < most, `${name}: the median by the clock is ${clock} ms`)
    t.ok(processor < most, `${name}: 99 of 100 take at most ${processor} ms of processor time`)
  }
  t.equal(contenders['a service'].dropped, 0)
  t.ok(contenders['one that is silent'].dropped > 0)
})

test('the client can be installed', { skip: skip || lacksBuilder }, (t) => {
  const folder = t.testdir()
  // pip builds in the folder itself, which stays as it is
  const copy = `${folder}/client`
  cpSync(client, copy, { recursive: true })
  const args = [
    '-m',
    'pip',
    'install',
    '--no-index',
    '--no-build-isolation',
    '--no-deps',
    '--target',
    `${folder}/site`,
    copy,
  ]
  const { status, stderr } = spawnSync(builder ?? '', args, { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  const env = { ...process.env, PYTHONPATH: `${folder}/site` }
  const found = spawnSync(builder ?? '', ['-c', 'import lossmeter; print(lossmeter.__file__)'], {
    encoding: 'utf8',
    env,
  })
  t.equal(dirname(found.stdout.trim()), `${folder}/site`)
  t.end()
})
