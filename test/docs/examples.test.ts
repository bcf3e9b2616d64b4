import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { appOf } from '../support.ts'
import type { Block } from './markdown.ts'
import { blocksOf, pages, read, root, without } from './markdown.ts'

const runnable = ['sh', 'python']
const outputs = ['json', 'text']
/** With UPDATE=1 the outputs on the pages are replaced by those of the service. */
const update = process.env.UPDATE !== undefined
const mark = '--- end of block ---'

// the commands of CONTRIBUTING.md run these tests
for (const page of pages.filter((name) => name !== 'CONTRIBUTING.md' && name.includes(process.env.PAGES ?? ''))) {
  const blocks = blocksOf(page)
  const commands = blocks.filter(({ language }) => runnable.includes(language))
  if (commands.length === 0) continue
  test(`${page}: each block runs as printed, in order, in an empty folder`, { skip: missing(commands) }, async (t) => {
    const answers = await run(t, commands)
    const lines = read(page).split('\n')
    // from the end, so that the lines above keep their places
    for (const [index, block] of [...commands.entries()].reverse()) {
      const shown = blocks[blocks.indexOf(block) + 1]
      if (shown === undefined || !outputs.includes(shown.language)) continue
      if (update) lines.splice(shown.from, shown.to - shown.from, ...laidOut(shown, answers[index]))
      else t.same(comparable(shown, answers[index]), comparable(shown, shown.code), `${page}:${shown.from}`)
    }
    if (update) writeFileSync(join(root, page), lines.join('\n'))
  })
}

function missing(commands: readonly Block[]): string | false {
  const all = commands.map(({ code }) => code).join('\n')
  return (
    without('bash', '--version') ||
    without('curl', '--version') ||
    (/\bjq\b/.test(all) && without('jq', '--version')) ||
    (/\bparallel\b/.test(all) && without('parallel', '--version')) ||
    (/\bnumpy\b/.test(all) && without('python3', '-c', 'import numpy')) ||
    (/\bpython/.test(all) && without('python3', '--version'))
  )
}

/** Runs blocks in one shell, as a reader does who pastes them, and gives what each wrote. */
async function run(t: Test, commands: readonly Block[]): Promise<string[]> {
  const app = await appOf(t)
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const parts = commands.map(({ language, code }) =>
    language === 'sh' ? code : `python3 - <<'END_OF_PYTHON'\n${code}\nEND_OF_PYTHON`,
  )
  // 28 is curl's time-out, which the reader of an event stream asks for
  const trap = `trap '[ $? = 28 ] || echo "failed: $BASH_COMMAND" >&2' ERR`
  const script = ['set -o pipefail', trap, ...parts.flatMap((part) => [part, `echo '${mark}'`])].join('\n')
  const env = { ...process.env, PYTHONPATH: join(root, 'test/fixtures') }
  const child = spawn('bash', ['-c', script.replaceAll('127.0.0.1:3000', address.replace('http://', ''))], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    written.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    written.stderr += chunk
  })
  await once(child, 'close')
  t.equal(written.stderr, '')
  return written.stdout.split(`${mark}\n`).map((text) => text.replaceAll(address, 'http://127.0.0.1:3000'))
}

/** An output without what differs from one request to the next. */
function comparable({ language }: Block, text: string): unknown {
  const steady = text
    .trim()
    .replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
  return language === 'json' ? JSON.parse(steady) : steady.split('\n').map((line) => line.trimEnd())
}

/** The lines of an output as they stand on a page: those that are there, where they still say the same. */
function laidOut(shown: Block, text: string): string[] {
  if (
    JSON.stringify(comparable(shown, text)) === JSON.stringify(shown.code === '' ? '' : comparable(shown, shown.code))
  )
    return shown.code.split('\n')
  return text
    .trim()
    .split('\n')
    .map((line) => line.trimEnd())
}
