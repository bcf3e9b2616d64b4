// The databases of a round, and how each goes away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner } from '../database/postgres/server.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { isUp } from './disturber.ts'
import type { Setting } from './round.ts'

const startTries = 20

export interface Extent {
  readonly kills: number
  readonly seed: number
  readonly latestEvent: number
}

/** Three replicas on PostgreSQL, which is stopped at once and started again. */
export async function onPostgres(owner: Owner, extent: Extent): Promise<Setting> {
  const server = await PostgresServer.start(owner)
  return {
    name: 'PostgreSQL',
    replicas: 3,
    databaseUrl: await server.createDatabase(),
    outages: { longest: 2000, begin: () => server.cut(), end: () => startAgain(server) },
    ...extent,
  }
}

/** One process on an SQLite file, which another program locks. */
export function onSqlite(owner: Owner, extent: Extent): Setting {
  const path = join(folderOf(owner), 'lossmeter.sqlite')
  let other: DatabaseSync | undefined
  return {
    name: 'SQLite',
    replicas: 1,
    databaseUrl: `sqlite:${path}`,
    outages: {
      longest: 4000,
      async begin(replicas) {
        // one that is started meanwhile would end again
        await Promise.all(replicas.map(isUp))
        other = new DatabaseSync(path, { timeout: 10_000 })
        other.exec('BEGIN EXCLUSIVE')
      },
      async end() {
        other?.close()
      },
    },
    ...extent,
  }
}

/** A folder that is gone at the end of the test. */
export function folderOf(owner: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  owner.teardown(async () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The processes of the server that was cut may take some time to notice. */
export async function startAgain(server: PostgresServer): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await server.startAgain()
      return
    } catch (error) {
      if (tries === startTries) throw error
      await sleep(100)
    }
  }
}
