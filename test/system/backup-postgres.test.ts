import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { test } from 'tap'
import { blocksOf } from '../docs/markdown.ts'
import { portOf, start, until } from '../service.ts'

const [dump, restoreDump, archiving, baseBackup, restoreBase] = blocksOf('docs/operate/backup.md')
  .map(({ code }) => code)
  .slice(2)

/** Debian's: the package of the other tests has no pg_dump. */
const programs = globSync('/usr/lib/postgresql/*/bin').find((folder) => existsSync(join(folder, 'pg_basebackup')))

/** PostgreSQL refuses to run as root: there it runs as "nobody". */
const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** A PostgreSQL that is run as an operator does, in a folder that is gone at the end. */
class Operated {
  readonly folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  readonly #data = join(this.folder, 'data')

  constructor(t: Test) {
    t.teardown(() => {
      this.kill()
      rmSync(this.folder, { recursive: true })
    })
    mkdirSync(join(this.folder, 'backup/log'), { recursive: true })
    for (const folder of ['', 'backup', 'backup/log']) {
      const path = join(this.folder, folder)
      if (identity.uid !== undefined) chownSync(path, identity.uid, identity.gid)
      chmodSync(path, 0o755)
    }
    this.run('initdb --username=postgres --auth=trust --no-sync --pgdata="$PGDATA"')
    const settings = `listen_addresses = ''\nunix_socket_directories = '${this.folder}'\nfsync = off\n`
    appendFileSync(join(this.#data, 'postgresql.conf'), settings + this.placed(archiving))
    this.run('pg_ctl --wait --pgdata="$PGDATA" --log=postgres.log start')
    this.sql('CREATE DATABASE lossmeter', 'postgres')
  }

  get url(): string {
    return `postgres://postgres@localhost/lossmeter?host=${encodeURIComponent(this.folder)}`
  }

  /** Runs commands of the page. */
  run(code: string): void {
    const env = { PATH: `${programs}:/usr/bin:/bin`, PGDATA: this.#data, DATABASE_URL: this.url, LC_ALL: 'C' }
    // the server that is started would keep a pipe open
    execFileSync('bash', ['-ec', this.placed(code)], { cwd: this.folder, env, stdio: 'ignore', ...identity })
  }

  /** The folder of the page is below this one. */
  placed(code: string): string {
    return `${code.replaceAll('/backup/', `${this.folder}/backup/`)}\n`
  }

  sql(text: string, database = 'lossmeter'): string {
    const url = this.url.replace('/lossmeter?', `/${database}?`)
    return execFileSync(`${programs}/psql`, ['--no-align', '--tuples-only', '--dbname', url, '--command', text], {
      encoding: 'utf8',
    }).trim()
  }

  /** All at once, as a machine that fails. */
  kill(): void {
    const file = join(this.#data, 'postmaster.pid')
    if (!existsSync(file)) return
    const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
    process.kill(pid, 'SIGQUIT')
    for (const end = Date.now() + 20_000; existsSync(`/proc/${pid}`) && Date.now() < end; )
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

interface Answer {
  readonly status: number
  readonly lossSum?: number
  readonly batches?: number
}

/** A replica that has the evaluation "run". */
async function replicaOn(t: Test, url: string) {
  const service = start(t, { HOST: '127.0.0.1', DATABASE_URL: url })
  const base = `http://127.0.0.1:${await portOf(service)}/v1/evaluations/run`
  const ask = async (method: string, address = '', body?: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(base + address, { method, headers, body: body ? JSON.stringify(body) : null })
    return { ...((await answer.json()) as object), status: answer.status }
  }
  /** Sends batches until each is acknowledged, as clients do. @returns the last status of each */
  const put = async (from: number, to: number): Promise<number[]> => {
    const statuses: number[] = []
    for (let at = from; at < to; at++) {
      const status = await until(async () => {
        const answer = await ask('PUT', `/batches/b${at}`, { predictions: [at / 7], labels: [0] })
        return answer.status < 300 ? answer.status : undefined
      })
      statuses.push(status)
    }
    return statuses
  }
  const report = () =>
    until(async () => {
      const { status, lossSum, batches } = await ask('GET')
      return status === 200 ? { lossSum, batches } : undefined
    })
  return { ask, put, report }
}

const options = { skip: programs === undefined && 'pg_basebackup is not installed' }

test('PostgreSQL is dumped and restored while replicas run, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  t.equal((await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })).status, 201)
  await one.put(0, 5)
  const before = await other.report()
  server.run(dump)
  await other.put(5, 8)
  const after = await one.report()
  t.same([before.batches, after.batches], [5, 8])
  server.run(restoreDump)
  t.same([await one.report(), await other.report()], [before, before])
  t.same(await one.put(0, 8), [200, 200, 200, 200, 200, 201, 201, 201], 'what was lost is sent again')
  t.same([await one.report(), await other.report()], [after, after])
})

test('PostgreSQL is restored from a base backup and the log, as the page says', options, async (t) => {
  const server = new Operated(t)
  const [one, other] = [await replicaOn(t, server.url), await replicaOn(t, server.url)]
  await one.ask('PUT', '', { loss: 'mse', labelFormat: 'values', outputs: 1 })
  await one.put(0, 3)
  server.run(baseBackup)
  await other.put(3, 8)
  const archived = await one.report()
  const log = server.sql('SELECT pg_walfile_name(pg_switch_wal())')
  await until(async () => server.sql('SELECT last_archived_wal FROM pg_stat_archiver') >= log || undefined)
  await one.put(8, 10)
  const after = await other.report()
  t.same([archived.batches, after.batches], [8, 10])
  server.kill()
  server.run(restoreBase)
  t.same([await one.report(), await other.report()], [archived, archived], 'the log that was archived is there')
  t.same(await other.put(0, 10), [...new Array(8).fill(200), 201, 201])
  t.same([await one.report(), await other.report()], [after, after])
})
