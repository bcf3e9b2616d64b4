import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { test } from 'tap'
import { freePort } from '../free-port.ts'
import { portOf, start } from '../service.ts'

const client = new URL('../../src/clients/python/lossmeter.py', import.meta.url).pathname
const notebook = new URL('notebook.py', import.meta.url).pathname
const churn = new URL('../fixtures/churn', import.meta.url).pathname
const program = new URL('python-client.py', import.meta.url).pathname
const skip =
  spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status !== 0 && 'no Python 3.9'

/** What a program writes that the service is killed under, where it asks for that, and started again. */
async function outputsOf(t: Test, args: (url: string) => string[]): Promise<Record<string, unknown>[]> {
  const port = String(await freePort())
  const variables = { PORT: port, DATABASE_URL: `sqlite:${t.testdir()}/kept.sqlite` }
  let service = start(t, variables)
  await portOf(service)
  const env = { ...process.env, PYTHONPATH: dirname(client), PYTHONDONTWRITEBYTECODE: '1' }
  const python = spawn('python3', args(`http://127.0.0.1:${port}`), { env, stdio: ['pipe', 'pipe', 'inherit'] })
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
  return outputs
}

test('the Python client, while the service is killed', { skip }, async (t) => {
  const outputs = await outputsOf(t, (url) => [program, client, url])
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

test('a notebook: tables of DuckDB, a comparison, evaluations, labels that come late, while the service is killed', {
  skip,
}, async (t) => {
  const outputs = await outputsOf(t, (url) => [notebook, url, churn])
  t.strictSame(outputs.slice(0, -1), [{ kill: true }, { kill: true }, { kill: true }])
  const found = outputs.at(-1)
  // what DuckDB computed of the same rows
  const expected = JSON.parse(readFileSync(join(churn, 'expected.json'), 'utf8'))
  const near = (name: string, one: unknown, other: unknown) => {
    const [numbers, others] = [one, other].map((value) => [value].flat(2).map(Number))
    const far = numbers.filter((number, at) => !(Math.abs(number - others[at]) < 1e-14))
    t.strictSame([far, numbers.length], [[], others.length], name)
  }
  near('difference', found?.difference, expected.difference)
  for (const name of ['all', 'joined']) near(name, found?.[name], expected.all)
  near('days', found?.windows, expected.days)
  t.strictSame(Object.keys(found?.countries ?? {}), Object.keys(expected.countries))
  near('countries', Object.values(found?.countries ?? {}), Object.values(expected.countries))
  t.match(found, {
    better: true,
    waiting: 1500,
    replayed: 300,
    events: [true, 1500],
    refused: [422, '#/table/country'],
  })
})
