import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { blocksOf, root } from '../docs/markdown.ts'
import { portOf, start } from '../service.ts'

const commands = blocksOf('docs/operate/backup.md').map(({ code }) => code)
const [backUp, restore] = commands
const [check, move] = commands.slice(-2)

/** A folder from which the commands of the page work, as from that of the project. */
function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const name of ['src', 'package.json', 'node_modules']) symlinkSync(join(root, name), join(folder, name))
  return folder
}

async function serviceOn(t: Test, path: string) {
  const service = start(t, { HOST: '127.0.0.1', DATABASE_URL: `sqlite:${path}` })
  const base = `http://127.0.0.1:${await portOf(service)}/v1/evaluations/run`
  const send = async (method: string, address = '', body?: object) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(base + address, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    })
    const report = (await answer.json()) as Record<string, unknown>
    return { ...report, status: answer.status, lossSum: report.lossSum, createdAt: report.createdAt }
  }
  const stop = async () => {
    service.child.kill('SIGTERM')
    await service.ended
  }
  return { send, stop }
}

const batch = (at: number) => ({ predictions: [at / 7], labels: [0] })

test('the commands of the page on backups do what it says', async (t) => {
  const folder = folderOf(t)
  const run = (code: string) => execFileSync('bash', ['-ec', code], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  const path = join(folder, 'data/lossmeter.sqlite')
  const service = await serviceOn(t, path)
  await service.send('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  for (let at = 0; at < 5; at++) t.equal((await service.send('PUT', `/batches/b${at}`, batch(at))).status, 201)
  const before = await service.send('GET')
  run(backUp)
  for (let at = 5; at < 8; at++) await service.send('PUT', `/batches/b${at}`, batch(at))
  const after = await service.send('GET')
  run(check)
  run(move)
  await service.stop()

  run(restore)
  const restored = await serviceOn(t, path)
  t.match(await restored.send('GET'), { lossSum: before.lossSum, batches: 5 })
  const again: number[] = []
  for (let at = 0; at < 8; at++) again.push((await restored.send('PUT', `/batches/b${at}`, batch(at))).status)
  t.same(again, [200, 200, 200, 200, 200, 201, 201, 201], 'what was lost is sent again')
  t.match(await restored.send('GET'), { lossSum: after.lossSum, batches: 8 })
  await restored.stop()

  const moved = await serviceOn(t, join(folder, 'other.sqlite'))
  t.match(await moved.send('GET'), { lossSum: after.lossSum, batches: 8, createdAt: after.createdAt })
  await moved.stop()
})
