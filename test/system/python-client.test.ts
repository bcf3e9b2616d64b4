import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import { freePort } from '../free-port.ts'
import { portOf, start } from '../service.ts'

const client = new URL('../../src/clients/python/lossmeter.py', import.meta.url).pathname
const program = new URL('python-client.py', import.meta.url).pathname
const skip =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status !== 0 && 'no Python 3.9'

test('the Python client, while the service is killed', { skip }, async (t) => {
  const port = String(await freePort())
  const variables = { PORT: port, DATABASE_URL: `sqlite:${t.testdir()}/kept.sqlite` }
  let service = start(t, variables)
  await portOf(service)
  const python = spawn('python3', [program, client, `http://127.0.0.1:${port}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  t.after(() => python.kill('SIGKILL'))
  const outputs: Record<string, unknown>[] = []
  for await (const line of createInterface(python.stdout)) {
    const output = JSON.parse(line)
    outputs.push(output)
    if (!('kill' in output)) continue
    service.child.kill('SIGKILL')
    await service.ended
    service = start(t, variables)
    // it goes on while nothing listens
    python.stdin.write('\n')
  }
  const losses = Array.from({ length: 120 }, (_, step) => (step / 8) ** 2)
  t.strictSame(outputs.slice(0, -1), [{ kill: 15 }, { kill: 45 }, { kill: 75 }, { kill: 105 }])
  const { loss, ...found } = outputs.at(-1) ?? {}
  t.ok(Math.abs(Number(loss) - (-Math.log(0.75 + 1e-7) - Math.log(0.5 + 1e-7)) / 2) < 1e-15)
  t.strictSame(found, {
    f1: 1,
    snake: true,
    array: true,
    groups: [null, 'KR'],
    infinite: true,
    table: [40, true],
    undefined: true,
    compressed: true,
    compared: 0,
    drawn: [2, 9, 6],
    swept: 2,
    refused: [422, 'shape', true],
    // exact: the squares of eighths, and 120 of them
    report: [120, 120, losses.reduce((sum, loss) => sum + loss, 0) / 120],
    batches: true,
    events: true,
    dropped: 0,
    listed: ['run-1'],
    curve: true,
    deleted: 404,
    unreached: true,
  })
})
