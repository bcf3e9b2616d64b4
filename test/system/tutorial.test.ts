import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'tap'
import { appOf } from '../support.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const [commands, loop, shards] = blocksOf('Evaluations that last')
const [training] = blocksOf('Open Inference Protocol')
const [files, recipe] = blocksOf('Bodies')

/** The commands and programs of a section. */
function blocksOf(title: string): string[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  return Array.from(section.matchAll(/```(?:sh|python)\n([\s\S]*?)```/g), ([, block]) => block)
}

/** Why a test is skipped, where a program does not run. */
function without(program: string, ...args: string[]): string | false {
  return spawnSync(program, args).status !== 0 && `${program} ${args.join(' ')} fails`
}

interface Scope {
  after(release: () => unknown): unknown
}

/** The service, and a folder; `here` is a text of the README with the address of this service. */
async function start(t: Scope & Parameters<typeof appOf>[0]) {
  const app = await appOf(t)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const report = async (name: string) => (await app.inject(`/v1/evaluations/${name}`)).json()
  const [, host] = address.split('//')
  return { app, folder, report, here: (text: string) => text.replaceAll('127.0.0.1:3000', host) }
}

/** Runs a program to its end and gives its output line by line. */
async function linesOf(program: string, args: string[], cwd: string, more: object = {}): Promise<string[]> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...more }, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output.split('\n').filter((line) => line !== '')
}

test('files by curl, and arrays of NumPy: no label is cut, and a refusal says why', {
  skip: without('curl', '--version') || without('python3', '-c', 'import numpy'),
}, async (t) => {
  const { folder, here } = await start(t)
  writeFileSync(join(folder, 'p.csv'), 'y\n1\n2\n')
  writeFileSync(join(folder, 't.csv'), 't\n1\n4\n')
  const sent = here(files).replaceAll(/^curl/gm, "curl -sSw '\\n'")
  const [npy, csv] = (await linesOf('sh', ['-c', sent], folder)).map((line) => JSON.parse(line))
  t.match(npy, { samples: 2, accuracy: 1 })
  t.match(csv, { samples: 2, loss: 2 })
  const calls = `
import numpy as np
print(loss(np.array([1.5, 2.5]), np.array([1.4, 2.9]), loss="mse", labelFormat="values")["loss"])
try:
    loss(np.array([[0.2, 0.8]]), np.array([[1.0, 0.0]]), loss="cross-entropy", labelFormat="index")
except ValueError as error:
    print(error)
`
  const [mean, refusal] = await linesOf('python3', ['-c', here(recipe) + calls], folder)
  t.ok(Math.abs(Number(mean) - (0.1 ** 2 + 0.4 ** 2) / 2) < 1e-15, mean)
  t.match(refusal, /^labels\[0\] is an array of 2 numbers; .*"one-hot"/)
})

test('the commands, in their order', { skip: without('curl', '--version') }, async (t) => {
  const { app, folder, here } = await start(t)
  const script = here(commands).replace('curl -sSN', 'curl -sSN -m 1 2>/dev/null')
  const lines = await linesOf('sh', ['-c', script], folder)
  const [declared, first, second, third, again, report, curve] = lines.slice(0, 7).map((line) => JSON.parse(line))
  t.match(declared, { batches: 0, outputs: 3 })
  t.match([first, second, third], [{ sequence: 1 }, { sequence: 2 }, { sequence: 3, replayed: false }])
  t.same({ ...again, requestId: '' }, { ...third, replayed: true, requestId: '' })
  t.equal(curve.points.length, 3)
  const batches = Array.from(commands.matchAll(/step-[123] '(.*)'/g), ([, body]) => JSON.parse(body)).slice(0, 3)
  const whole = await app.inject({
    method: 'POST',
    url: '/v1/loss',
    payload: {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictions: batches.flatMap(({ predictions }) => predictions),
      labels: batches.flatMap(({ labels }) => labels),
    },
  })
  const { requestId: _, ...figures } = whole.json()
  t.match(report, { ...figures, batches: 3 })
  const events = lines.slice(7).filter((line) => line.startsWith('event: '))
  t.same(events, ['event: status', ...Array(3).fill('event: batch')])
  t.equal((await app.inject('/v1/evaluations/run-7')).statusCode, 404)
})

test('the training loop, ended in the middle and started again', {
  skip: without('python3', '-c', 'import numpy'),
}, async (t) => {
  const { folder, here, report } = await start(t)
  const file = join(folder, 'loop.py')
  // slow enough to be ended in the middle
  writeFileSync(file, here(loop).replace('    logits', '    time.sleep(0.02)\n    logits'))
  const child = spawn('python3', [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('3 ')) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const { batches } = await report('softmax-1')
  t.ok(batches >= 4 && batches < 100, String(batches))

  const lines = await linesOf('python3', [file], folder)
  t.equal(lines.length, 100)
  const again = lines.filter((line) => line.endsWith(' again')).length
  t.ok(again >= batches && again < 100, String(again))
  writeFileSync(file, here(loop).replace('softmax-1', 'softmax-2'))
  await linesOf('python3', [file], folder)
  const [resumed, uninterrupted] = [await report('softmax-1'), await report('softmax-2')]
  t.same([resumed.batches, resumed.lossSum], [100, uninterrupted.lossSum])
})

test('the folder of shards, twice', { skip: without('parallel', '--version') }, async (t) => {
  const { app, folder, here, report } = await start(t)
  mkdirSync(join(folder, 'shards'))
  for (let n = 0; n < 12; n++)
    writeFileSync(join(folder, `shards/part-${n}.json`), JSON.stringify({ predictions: [n, 1], labels: [0, n] }))
  const payload = { loss: 'mse', labelFormat: 'values', outputs: 1 }
  await app.inject({ method: 'PUT', url: '/v1/evaluations/run-7', payload })
  const script = here(`${commands.split('\n')[0]}\n${shards}`)
  for (const replayed of [false, true]) {
    const answers = (await linesOf('sh', ['-c', script], folder)).map((line) => JSON.parse(line))
    t.equal(answers.length, 12)
    t.ok(answers.every((answer) => answer.replayed === replayed))
    t.match(await report('run-7'), { batches: 12, samples: 24, lossSum: 506 + 506 - 2 * 66 + 12 })
  }
})

test('the training loop of tritonclient, whose gradient is that of NumPy', {
  skip: without('python3', '-c', 'import numpy'),
}, async (t) => {
  const { folder, here } = await start(t)
  const file = join(folder, 'loop.py')
  // the same loop with a gradient of its own, and what the client says of a mistake
  const check = `
served, w, rng = w, np.zeros((20, 3)), np.random.RandomState(1)
rng.randn(1000, 20), rng.randn(20, 3)
for step in range(100):
    rows = rng.choice(1000, 50)
    p = np.exp(x[rows] @ w)
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(50), t[rows]] -= 1
    w -= x[rows].T @ p / 50
print(np.abs(served - w).max(), ((x @ served).argmax(axis=1) == t).mean())
from tritonclient.utils import InferenceServerException
try:
    client.infer("cross-entropy", inputs, outputs=wanted, parameters={"labelFormat": "one-hot"})
except InferenceServerException as error:
    print(error.status(), error.message())
`
  writeFileSync(file, here(training) + check)
  const lines = await linesOf('python3', [file], folder, { PYTHONPATH: join(import.meta.dirname, '../fixtures') })
  const losses = lines.slice(0, 100).map((line) => Number(line.split(' ')[1]))
  t.equal(losses[0], Math.log(3))
  t.ok(losses[99] < 0.3, String(losses[99]))
  const [difference, accuracy] = lines[100].split(' ').map(Number)
  t.ok(difference < 1e-10, lines[100])
  t.ok(accuracy > 0.9, lines[100])
  t.match(lines[101], /^422 labels\[0\] is the number 0; .* \(#\/inputs\/1\)$/)
})
