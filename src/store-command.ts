import { createReadStream, existsSync, renameSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { backup, DatabaseSync } from 'node:sqlite'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ConfigError, parseConfig } from './config.ts'
import { parseDatabaseUrl } from './database/database-url.ts'
import { openEngine } from './database/open.ts'
import type { EvaluationEngine } from './database/sql/evaluation-engine.ts'
import { SqlStore } from './database/sql/sql-store.ts'
import type { Store } from './database/store.ts'
import { exported, imported } from './evaluations/maintenance/transfer.ts'
import { verify } from './evaluations/maintenance/verify.ts'

const usage = `Usage: npm run store -- COMMAND
  verify                                 recomputes everything that is stored, and lists the differences
  mend                                   like verify, and corrects wrong sums
  migrate                                brings the schema up to date
  backup FILE                            copies the SQLite database, even while the service runs
  export [--owner OWNER] [EVALUATION...] writes the named evaluations, or all, as lines of JSON
  import [FILE]                          stores evaluations that export wrote
The store is the one at DATABASE_URL, or in DATABASE_URL_FILE.
`

export interface Streams {
  readonly in: Readable
  readonly out: Writable
  readonly err: Writable
}

/** Runs a command on the store at a DATABASE_URL, even while the service is running. @returns the exit code */
export async function storeCommand(args: readonly string[], databaseUrl: string, streams: Streams): Promise<number> {
  const tell = (line: string) => streams.err.write(`${line}\n`)
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { owner: { type: 'string' } },
      allowPositionals: true,
    })
    const [command, ...rest] = positionals
    const run = commands[command]
    if (run === undefined || rest.length < run.least || rest.length > run.most) {
      streams.err.write(usage)
      return 1
    }
    if (command === 'backup') return await backUp(databaseUrl, rest[0], tell)
    const log = {
      info: (fields: object, message: string) => void tell(`${message} ${JSON.stringify(fields)}`),
      warn: ignore,
    }
    const engine = await openEngine(databaseUrl, undefined, log)
    const store = new SqlStore(engine, { maxEvaluations: Number.MAX_SAFE_INTEGER, maxBatches: Number.MAX_SAFE_INTEGER })
    try {
      await engine.ready()
      return await run.work({ engine, store, rest, owner: values.owner, streams, tell })
    } finally {
      await store.close()
    }
  } catch (error) {
    tell((error as Error).message)
    return 1
  }
}

interface Context {
  readonly engine: EvaluationEngine
  readonly store: Store
  readonly rest: readonly string[]
  readonly owner: string | undefined
  readonly streams: Streams
  readonly tell: (line: string) => void
}

interface Command {
  readonly least: number
  readonly most: number
  work(context: Context): Promise<number>
}

const commands: Readonly<Record<string, Command>> = {
  verify: { least: 0, most: 0, work: (context) => verified(context, false) },
  mend: { least: 0, most: 0, work: (context) => verified(context, true) },
  backup: { least: 1, most: 1, work: async () => 0 },
  migrate: {
    least: 0,
    most: 0,
    async work({ tell }) {
      tell('The schema is up to date.')
      return 0
    },
  },
  export: {
    least: 0,
    most: Number.POSITIVE_INFINITY,
    async work({ engine, rest, owner, streams }) {
      await pipeline(exported(engine, { owner, names: rest }), streams.out, { end: false })
      return 0
    },
  },
  import: {
    least: 0,
    most: 1,
    async work({ engine, store, rest: [file], streams, tell }) {
      const input = file === undefined ? streams.in : createReadStream(file)
      const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
      const counts = await imported(engine, store, lines)
      tell(`${counts.imported} evaluations were imported, ${counts.present} already existed.`)
      return 0
    },
  },
}

async function verified({ engine, store, streams, tell }: Context, mends: boolean): Promise<number> {
  const found = ({ owner, name }: { owner: string; name: string }, difference: string) => {
    streams.out.write(`${JSON.stringify({ owner, evaluation: name, difference })}\n`)
  }
  const { evaluations, batches, folds, differences, mended } = await verify(engine, store, { mends, found })
  tell(
    `${evaluations} evaluations, ${batches} batches and ${folds} stored sums: ${differences} differences, ${mended} corrected.`,
  )
  return differences > mended ? 1 : 0
}

async function backUp(databaseUrl: string, file: string, tell: (line: string) => void): Promise<number> {
  const address = parseDatabaseUrl(databaseUrl)
  if (address.engine !== 'sqlite') throw new Error('This command only backs up SQLite; for PostgreSQL, use pg_dump.')
  if (!existsSync(address.path)) throw new Error(`The file ${address.path} does not exist.`)
  if (existsSync(file)) throw new Error(`The file ${file} already exists.`)
  const database = new DatabaseSync(address.path, { timeout: 10_000 })
  try {
    // a file of the name is whole
    await backup(database, `${file}.part`)
    renameSync(`${file}.part`, file)
  } finally {
    database.close()
  }
  tell(`The backup was written to ${file}.`)
  return 0
}

function ignore(): void {}

if (import.meta.main) {
  const streams = { in: process.stdin, out: process.stdout, err: process.stderr }
  try {
    const { DATABASE_URL, DATABASE_URL_FILE } = process.env
    const url = parseConfig({ DATABASE_URL, DATABASE_URL_FILE }).DATABASE_URL
    process.exitCode = await storeCommand(process.argv.slice(2), url, streams)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
