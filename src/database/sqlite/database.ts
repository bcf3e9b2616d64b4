import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StatementSync } from 'node:sqlite'
import { DatabaseSync } from 'node:sqlite'
import { StoreUnusable } from '../errors.ts'
import type { SqlValue, Statement } from '../sql/engine.ts'
import type { MigrationLog } from '../sql/schema.ts'
import { migrationsWith, newerSchema, updating } from '../sql/schema.ts'
import { reasonOf } from './errors.ts'

const shared = migrationsWith({
  id: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  integer: 'INTEGER',
  real: 'REAL',
  bytes: 'BLOB',
  key: 'TEXT',
  clustered: 'WITHOUT ROWID',
})

const own: readonly (readonly string[])[] = [
  [],
  [],
  [
    'ALTER TABLE evaluations ADD COLUMN incarnation BLOB',
    'UPDATE evaluations SET incarnation = randomblob(16)',
    // by an older release, which may still run
    `CREATE TRIGGER evaluations_incarnate AFTER INSERT ON evaluations WHEN NEW.incarnation IS NULL
      BEGIN UPDATE evaluations SET incarnation = randomblob(16) WHERE id = NEW.id; END`,
  ],
  [],
  [],
  [],
  [],
  [],
]

const migrations = shared.map((statements, version) => [...statements, ...own[version]])

const applicationId = 0x4c4d5452

const lookMilliseconds = 1
/** So long after a wait in vain a lock is tried once. */
const lockedMilliseconds = 1000
const migrationMilliseconds = 600_000
const never = new Int32Array(new SharedArrayBuffer(4))

/** Every method blocks until the disk is done. */
export class SqliteDatabase {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #path: string
  readonly #lockMilliseconds: number
  readonly #isReader: boolean
  /** Until when others are taken to hold the lock still. */
  #lockedUntil = 0
  readonly #inode: number | undefined
  #version: unknown

  /** Brings the schema up to date. @throws StoreUnusable for what is not a file of this or an older release */
  constructor(path: string, lockMilliseconds: number, isReader = false, log?: MigrationLog) {
    if (path !== ':memory:') makeFolder(dirname(path))
    this.#path = path
    this.#lockMilliseconds = lockMilliseconds
    this.#isReader = isReader
    this.#database = new DatabaseSync(path, { timeout: 0, readOnly: isReader })
    try {
      this.#inode = inodeOf(path)
      if (isReader) return
      this.#whenFree(() => this.#database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL'))
      // ids of rows come in no order: their pages are read, and copied from the log, less often
      this.#database.exec('PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000')
      this.#migrate(log)
    } catch (error) {
      this.#database.close()
      throw error
    }
  }

  /** One version a transaction, so that a migration that is cut off goes on where it was. */
  #migrate(log?: MigrationLog): void {
    const found = this.#versionOf()
    for (let from = found; from < migrations.length; from = this.#versionOf()) {
      const step = { from, to: from + 1, of: migrations.length }
      const begin = performance.now()
      // creating the schema of a new file is not logged
      if (found > 0) log?.info(step, updating[0])
      this.inTransaction(() => this.#migrateOnce(), migrationMilliseconds)
      if (found > 0) log?.info({ ...step, milliseconds: Math.round(performance.now() - begin) }, updating[1])
    }
  }

  #migrateOnce(): void {
    const version = this.#versionOf()
    // another process has done it
    if (version === migrations.length) return
    for (const text of migrations[version]) this.#database.exec(text)
    this.#database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${version + 1}`)
  }

  #versionOf(): number {
    const version = Number(this.#whenFree(() => this.#pragma('user_version')))
    const isEmpty = this.query({ text: 'SELECT name FROM sqlite_schema LIMIT 1', values: [] }).length === 0
    if (!isEmpty && this.#pragma('application_id') !== applicationId) {
      throw new StoreUnusable('The file is a database that belongs to another program.')
    }
    if (version > migrations.length) throw new StoreUnusable(newerSchema(version, migrations.length))
    return version
  }

  /** Whether the schema is the one that was found: a restored file may have an older one. */
  get isOfRelease(): boolean {
    return Number(this.#pragma('user_version')) === migrations.length
  }

  /** Nothing of a file in whose place another one was put. */
  read(statement: Statement): object[] {
    this.checkReadPlace()
    return this.query(statement)
  }

  checkReadPlace(): void {
    if (this.#isReader && inodeOf(this.#path) !== undefined) this.#checkPlace()
  }

  query<Row = object>({ text, values }: Statement): Row[] {
    return this.#whenFree(() => this.#prepared(text).all(...values)) as Row[]
  }

  /** Runs a statement once for each of the values. @returns how many rows it changed */
  change(text: string, rows: Iterable<readonly SqlValue[]>): number {
    const statement = this.#prepared(text)
    let changes = 0
    for (const values of rows) changes += Number(statement.run(...values).changes)
    return changes
  }

  /** @returns the rows that are there, for each of the values */
  lookUp<Row>(text: string, rows: Iterable<readonly SqlValue[]>): Row[] {
    const statement = this.#prepared(text)
    const found: Row[] = []
    for (const values of rows) {
      const row = this.#whenFree(() => statement.get(...values))
      if (row !== undefined) found.push(row as Row)
    }
    return found
  }

  transaction(statements: readonly Statement[]): unknown[][] {
    return this.inTransaction(() => statements.map((statement) => this.query(statement)))
  }

  tryToWrite(): void {
    this.inTransaction(() => this.#database.exec(`PRAGMA user_version = ${migrations.length}`))
  }

  hasChanged(): boolean {
    const before = this.#version
    this.#version = this.#pragma('data_version')
    return before !== undefined && before !== this.#version
  }

  close(): void {
    this.#database.close()
  }

  inTransaction<Result>(run: () => Result, patience = this.#lockMilliseconds): Result {
    this.#lock(patience)
    try {
      const result = run()
      this.#checkPlace()
      this.#prepared('COMMIT').run()
      return result
    } catch (error) {
      // SQLite ends a transaction by itself where the disk fails
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }

  /** Those who wait one after the other for another program do not wait as long as the first. */
  #lock(patience: number): void {
    const isLocked = performance.now() < this.#lockedUntil
    try {
      this.#whenFree(() => this.#prepared('BEGIN IMMEDIATE').run(), isLocked ? 0 : patience)
    } catch (error) {
      if (!isLocked) this.#lockedUntil = performance.now() + lockedMilliseconds
      throw error
    }
  }

  /** SQLite's own busy handler ends up polling ten times a second, too seldom beside a process that writes all the time. */
  #whenFree<Result>(run: () => Result, patience = this.#lockMilliseconds): Result {
    const end = performance.now() + patience
    let failure: unknown
    do {
      try {
        return run()
      } catch (error) {
        if (reasonOf(error) !== 'locked') throw error
        failure = error
      }
      Atomics.wait(never, 0, 0, lookMilliseconds)
    } while (performance.now() < end)
    throw failure
  }

  /** A deleted file can still be written to while it is open. */
  #checkPlace(): void {
    if (inodeOf(this.#path) === this.#inode) return
    throw new StoreUnusable('The file was moved, deleted or replaced. Put it back, or restart the service.')
  }

  #pragma(name: string): unknown {
    return this.#database.prepare(`PRAGMA ${name}`).get()?.[name]
  }

  #prepared(text: string): StatementSync {
    let statement = this.#statements.get(text)
    if (statement === undefined) {
      // to SQLite, $1 is a name and ?1 a place
      statement = this.#database.prepare(text.replaceAll('$', '?'))
      this.#statements.set(text, statement)
    }
    return statement
  }
}

/** mkdirSync with `recursive` never returns under /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
  } catch (error) {
    if (!existsSync(path)) throw error
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino
}
