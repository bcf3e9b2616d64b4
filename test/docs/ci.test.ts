import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { parse } from 'yaml'
import { npyOf } from '../formats/form.ts'
import { appOf } from '../support.ts'
import { blocksOf, without } from './markdown.ts'

const page = 'docs/ci.md'
const skip = without('bash', '--version') || without('curl', '--version') || without('jq', '--version')

interface Step {
  readonly run?: string
  readonly if?: string
}

const [workflow] = blocksOf(page)
  .filter(({ language }) => language === 'yaml')
  .map(({ code }) => parse(code) as { jobs: { gate: { steps: Step[]; env: Record<string, string> } } })
const { steps, env: declared } = workflow.jobs.gate

/** Starts a service that ends with its test: one that listens to the end keeps the process alive. @returns its address */
async function serve(t: Test): Promise<string> {
  const app = await appOf(t)
  return app.listen({ host: '127.0.0.1', port: 0 })
}

/** Rows of three classes, of which so many are right. */
function rowsOf(right: number): number[] {
  return Array.from({ length: 60 }, (_, i) => (i < right ? [0.8, 0.1, 0.1] : [0.1, 0.8, 0.1])).flat()
}

function labelled(folder: string, models: Record<string, number>): void {
  writeFileSync(join(folder, 'labels.npy'), npyOf([60], new Array(60).fill(0)))
  for (const [name, right] of Object.entries(models))
    writeFileSync(join(folder, `${name}.npy`), npyOf([60, 3], rowsOf(right)))
}

/** Runs the steps as a runner of GitHub does: each in `bash -eo pipefail`, and after a failure only those that always run. */
async function runSteps(address: string, right: number): Promise<{ failed: Step[]; summary: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  const summary = join(folder, 'summary')
  writeFileSync(join(folder, 'evaluate.py'), '')
  labelled(folder, { old: 40, new: right })
  const env = { ...process.env, LOSSMETER: address, LOSSMETER_KEY: 'none', GITHUB_STEP_SUMMARY: summary }
  const failed: Step[] = []
  for (const step of steps) {
    if (step.run === undefined || (failed.length > 0 && step.if !== 'always()')) continue
    const script = step.run.replace('python3 evaluate.py', 'test -e evaluate.py')
    const options = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script]
    const child = spawn('bash', options, { cwd: folder, env, stdio: 'ignore' })
    const [code] = await once(child, 'close')
    if (code !== 0) failed.push(step)
  }
  const text = existsSync(summary) ? readFileSync(summary, 'utf8') : ''
  rmSync(folder, { recursive: true })
  return { failed, summary: text }
}

test('the workflow lets a better model pass, stops a worse one, and says why', { skip }, async (t) => {
  t.same(Object.keys(declared), ['LOSSMETER', 'LOSSMETER_KEY'])
  const address = await serve(t)
  const better = await runSteps(address, 58)
  t.same(better.failed, [])
  t.match(better.summary, /^- pass: the interval of the difference in loss is -[\d.]+ to -[\d.]+, at most 0\.01\n$/)
  const worse = await runSteps(address, 5)
  t.match(worse.failed, [{ name: 'Gate' }])
  t.equal(worse.failed.length, 1)
  t.match(worse.summary, /^- fail: /)
  const alike = await runSteps(address, 39)
  t.match(alike.failed, [{ name: 'Gate' }])
  t.match(alike.summary, /^- inconclusive: /)
})

test('the gate in a shell is one command of two lines, and ends as it says', { skip }, async (t) => {
  const gate = blocksOf(page).find(({ language, code }) => language === 'sh' && code.startsWith('curl'))?.code ?? ''
  t.equal(gate.split('\n').length, 2)
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const script = gate.replace('http://127.0.0.1:3000', await serve(t))
  for (const [right, code] of [
    [60, 0],
    [55, 22],
    [10, 22],
  ]) {
    labelled(folder, { new: right })
    const child = spawn('bash', ['-c', script], { cwd: folder, stdio: 'ignore' })
    t.same(await once(child, 'close'), [code, null], `${right} of 60 right`)
  }
})
