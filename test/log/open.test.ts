import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { openLog } from '../../src/log/open.ts'

type Stdout = Parameters<typeof openLog>[1]

/** A standard output that is this file. */
function stdoutOf(fd: number, isTTY = false): Stdout {
  return { fd, isTTY, on: () => undefined } as unknown as Stdout
}

test('lines go to a file as JSON', async (t) => {
  const path = join(t.testdir(), 'log')
  const fd = openSync(path, 'w')
  t.teardown(() => closeSync(fd))
  const { logger, flush } = openLog('info', stdoutOf(fd))
  logger.debug('not this one')
  logger.info({ a: 1 }, 'this one')
  await flush()
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  t.match(
    lines.map((line) => JSON.parse(line)),
    [{ level: 30, a: 1, msg: 'this one' }],
  )
  t.equal(lines.length, 1)
})

test('on a terminal they are for people', async (t) => {
  const { logger, flush } = openLog('warn', stdoutOf(1, true))
  t.equal(logger.level, 'warn')
  await flush()
})

test('a reader that stalls or leaves does not stop the process, and at its end nothing is lost', async (t) => {
  const module = JSON.stringify(new URL('../../src/log/open.ts', import.meta.url).href)
  const run = (code: string, stdin: 'ignore' | 'pipe' = 'ignore') => {
    const source = `const { openLog } = await import(${module}); const { logger, flush } = openLog('info', process.stdout); ${code}`
    return spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: [stdin, 'pipe', 'pipe'] })
  }
  const ending = run("logger.info('the end'); process.exit(3)")
  let text = ''
  ending.stdout?.on('data', (chunk) => {
    text += chunk
  })
  t.same(await once(ending, 'close'), [3, null])
  t.match(JSON.parse(text), { msg: 'the end' })

  const stalled = run(
    "for (let n = 0; n < 3000; n++) logger.info('x'.repeat(1000)); setTimeout(() => process.stderr.write('alive'), 200); setTimeout(() => flush().then(() => process.exit(4)), 400)",
  )
  let said = ''
  stalled.stderr?.on('data', (chunk) => {
    said += chunk
  })
  t.same(await once(stalled, 'exit'), [4, null])
  t.equal(said, 'alive')

  const left = run(
    "setInterval(() => logger.info('x'.repeat(1000)), 10); setTimeout(() => flush().then(() => process.exit(5)), 500)",
  )
  left.stdout?.destroy()
  t.same(await once(left, 'exit'), [5, null])
})
