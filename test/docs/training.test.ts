import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { appOf } from '../support.ts'
import { blocksOf, root, without } from './markdown.ts'

const skip = without('python3', '-c', 'import numpy')

/** The program of a page that contains a text. */
function programOf(page: string, text: string): string {
  const [block] = blocksOf(page).filter(({ language, code }) => language === 'python' && code.includes(text))
  return block.code
}

interface Run {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly errors: string
}

/** Runs a program of a page against a service; `stopAt` is the beginning of the line at which it is killed. */
async function run(t: Test, program: string, host: string, stopAt?: string): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'program.py'), program.replaceAll('127.0.0.1:3000', host))
  const env = { ...process.env, PYTHONPATH: `${join(root, 'test/fixtures')}:${join(root, 'src/clients/python')}` }
  const child = spawn('python3', ['program.py'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { output: '', errors: '' }
  child.stdout.on('data', (chunk) => {
    written.output += chunk
    if (stopAt !== undefined && written.output.includes(`\n${stopAt}`)) child.kill('SIGKILL')
  })
  child.stderr.on('data', (chunk) => {
    written.errors += chunk
    if (stopAt !== undefined && written.errors.includes(stopAt)) child.kill('SIGKILL')
  })
  const [code] = await once(child, 'close')
  return { code, lines: written.output.split('\n').filter((line) => line !== ''), errors: written.errors }
}

async function start(t: Test) {
  const app = await appOf(t)
  const host = (await app.listen({ host: '127.0.0.1', port: 0 })).replace('http://', '')
  return { app, host, report: async (name: string) => (await app.inject(`/v1/evaluations/${name}`)).json() }
}

/** The address of a port on which nothing listens. */
async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

const first = programOf('README.md', 'first-run')
const loop = programOf('docs/evaluations.md', 'softmax-1')
const triton = programOf('docs/open-inference-protocol.md', 'tritonclient')

test('the first training run says so when the service is not there, and when it refuses', { skip }, async (t) => {
  // as it stands, it tries for two minutes
  const impatient = first.replace('127.0.0.1:3000"', '127.0.0.1:3000", patience=0')
  const away = await run(t, impatient, await nowhere())
  t.match(away, { code: 1, errors: /first-run: .*Connection refused/ })
  const { host } = await start(t)
  const refused = await run(t, first.replace('outputs=3', 'outputs=4'), host)
  t.match(refused, { code: 1, errors: /LossmeterError: .*predictions has 3 numbers per row/s })
})

test('the loop says that the service does not answer, and goes on trying', { skip }, async (t) => {
  const { code, lines, errors } = await run(t, loop, await nowhere(), 'refused')
  t.same([code, lines], [null, []])
  t.match(errors, /Connection refused/)
})

test('the loop, ended in the middle and started again, counts each batch once', { skip }, async (t) => {
  const { host, report } = await start(t)
  // slow enough to be ended in the middle
  await run(t, loop.replace('    logits', '    time.sleep(0.02)\n    logits'), host, '3 ')
  const { batches } = await report('softmax-1')
  t.ok(batches >= 4 && batches < 100, String(batches))
  const { lines } = await run(t, loop, host)
  t.equal(lines.length, 100)
  const again = lines.filter((line) => line.endsWith(' again')).length
  t.ok(again >= batches && again < 100, String(again))
  await run(t, loop.replaceAll('softmax-1', 'softmax-2'), host)
  const [resumed, uninterrupted] = [await report('softmax-1'), await report('softmax-2')]
  t.same([resumed.batches, resumed.lossSum], [100, uninterrupted.lossSum])
})

test("the gradient that tritonclient gets is NumPy's, and a refusal reaches it", { skip }, async (t) => {
  const { host } = await start(t)
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
  const { lines } = await run(t, triton + check, host)
  const [difference, accuracy] = lines.at(-2)?.split(' ').map(Number) ?? []
  t.ok(difference < 1e-10, String(difference))
  t.ok(accuracy > 0.9, String(accuracy))
  t.match(lines.at(-1), /^422 labels\[0\] is the number 0; .* \(#\/inputs\/1\)$/)
})
