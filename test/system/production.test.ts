import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { listIn, said } from '../dockerfile.ts'

const root = join(import.meta.dirname, '../..')

interface Locked {
  readonly packages: Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>
}

/** The packages that `npm ci --omit=dev` installs. */
function productionPackages(): string[] {
  const { packages }: Locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && dev !== true && devOptional !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)))
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).toSorted()
}

test('the command runs with production packages alone, writes nothing but data, and is found healthy', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const path of productionPackages()) {
    const from = join(root, path)
    cpSync(from, join(folder, path), {
      recursive: true,
      filter: (file) => !/(^|\/)node_modules\/|\.map$|\.d\.[cm]?ts$/.test(relative(from, file)),
    })
  }
  for (const path of ['src', 'openapi', 'package.json'])
    cpSync(join(root, path), join(folder, path), { recursive: true })
  t.notOk(existsSync(join(folder, 'node_modules/typescript')))
  mkdirSync(join(folder, 'data'))
  const before = filesOf(folder)

  const [, ...args] = listIn(said('CMD'))
  const cache = `${folder}-cache`
  t.after(() => rmSync(cache, { recursive: true, force: true }))
  const env = { PORT: '0', HOST: '127.0.0.1', NODE_ENV: 'production', NODE_COMPILE_CACHE: cache }
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'close')
  let log = ''
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      log += chunk
      const listening = log.match(/127\.0\.0\.1:(\d+)/)
      if (listening !== null) resolve(listening[1])
    })
    ended.then(() => reject(new Error(`it ended: ${log}`)))
  })
  const answer = await fetch(`http://127.0.0.1:${port}/v1/loss`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"loss":"cross-entropy","labelFormat":"index","predictions":[[0.2,0.8]],"labels":[1]}',
  })
  t.match(await answer.json(), { loss: 0.22314342631421757, accuracy: 1 })
  for (const path of ['/docs', '/learn', '/openapi.json'])
    t.equal((await fetch(`http://127.0.0.1:${port}${path}`)).status, 200, path)

  const [, ...check] = listIn(said('HEALTHCHECK'))
  const probe = (on: string) => promisify(execFile)(process.execPath, check, { cwd: folder, env: { PORT: on } })
  await probe(port)
  const isData = (file: string) => file.startsWith('data/')
  t.same(
    filesOf(folder).filter((file) => !isData(file)),
    before,
  )
  t.ok(filesOf(folder).some(isData))
  child.kill('SIGINT')
  t.same(await ended, [0, null])
  await t.rejects(probe(port), { code: 1 })
})
