// PostgreSQL as an operator runs it, backs it up and restores it: by the commands of docs/operate/backup.md.
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
import { blocksOf } from '../docs/markdown.ts'
import { until } from '../service.ts'

export const [dump, restoreDump, archiving, baseBackup, restoreBase] = blocksOf('docs/operate/backup.md')
  .map(({ code }) => code)
  .slice(2)

/** Debian's: the package of the other tests has no pg_dump. */
export const programs = globSync('/usr/lib/postgresql/*/bin').find((folder) =>
  existsSync(join(folder, 'pg_basebackup')),
)

/** PostgreSQL refuses to run as root: there it runs as "nobody". */
const identity = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** A PostgreSQL that is run as an operator does, in a folder that is gone at the end. */
export class Operated {
  readonly folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  readonly #data = join(this.folder, 'data')

  constructor(t: Pick<Test, 'teardown'>, further: readonly string[] = []) {
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
    appendFileSync(join(this.#data, 'postgresql.conf'), settings + this.placed(archiving) + further.join('\n'))
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
    for (const end = Date.now() + 120_000; existsSync(`/proc/${pid}`) && Date.now() < end; )
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }

  /** Backs up, with all of the log until now. */
  async backUp(): Promise<void> {
    rmSync(join(this.folder, 'backup/base'), { recursive: true, force: true })
    this.run(baseBackup)
    await this.archive()
  }

  /** Waits until the log until now was archived. */
  async archive(): Promise<void> {
    const log = this.sql('SELECT pg_walfile_name(pg_switch_wal())')
    await until(async () => this.sql('SELECT last_archived_wal FROM pg_stat_archiver') >= log || undefined)
  }

  /** The machine fails, and its backup takes its place. */
  async restoreBackup(): Promise<void> {
    this.kill()
    rmSync(`${this.#data}.old`, { recursive: true, force: true })
    this.run(restoreBase)
    await this.#becomePrimary()
  }

  /** An asynchronous standby takes in all until now, and then loses its connection. */
  async keepStandby(): Promise<void> {
    rmSync(join(this.folder, 'standby'), { recursive: true, force: true })
    this.run(`pg_basebackup --dbname="$DATABASE_URL" --checkpoint=fast --write-recovery-conf --pgdata=standby
      pg_ctl --wait --pgdata=standby --log=standby.log --options='-p 5433' start`)
    const isCaughtUp = `SELECT count(*) FROM pg_stat_replication
      WHERE state = 'streaming' AND sync_state = 'async' AND replay_lsn >= pg_current_wal_lsn()`
    await until(async () => this.sql(isCaughtUp) === '1' || undefined)
    this.run('pg_ctl --wait --pgdata=standby --mode=fast stop')
  }

  /** The primary fails, and the standby, without what it lacks, is promoted in its place. */
  async promoteStandby(): Promise<void> {
    this.kill()
    rmSync(this.#data, { recursive: true })
    this.run(`cp -a standby "$PGDATA"
      pg_ctl --wait --pgdata="$PGDATA" --log=postgres.log start
      pg_ctl --wait --pgdata="$PGDATA" promote`)
    await this.#becomePrimary()
  }

  async #becomePrimary(): Promise<void> {
    await until(async () => this.sql('SELECT pg_is_in_recovery()') === 'f' || undefined)
  }
}
