// What an SQLite file may suffer.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Owner } from '../database/postgres/server.ts'
import { folderOf } from './databases.ts'
import { Trial } from './trial.ts'
import type { Trouble } from './troubles.ts'
import { withTrial } from './troubles.ts'

const pageBytes = 4096
const locked = 'The evaluation store is locked by another program.'
const outOfReach = 'The evaluation store cannot be reached.'

/** A file that does not exist yet, in a folder of its own. */
function fileOf(owner: Owner): string {
  return join(folderOf(owner), 'lossmeter.sqlite')
}

/** A small file system of its own, which only root may mount. */
function smallDisk(owner: Owner, size: string): { path: string; remount(options: string): void } {
  const folder = join(folderOf(owner), 'disk')
  mkdirSync(folder)
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  mount(`size=${size}`)
  owner.teardown(async () => void execFileSync('umount', ['--lazy', folder]))
  return { path: join(folder, 'lossmeter.sqlite'), remount: (options) => mount(`remount,${options}`) }
}

/** Runs a statement as another program. */
function change(path: string, text: string): DatabaseSync {
  const database = new DatabaseSync(path)
  database.exec(text)
  return database
}

/** The service has been here, and has ended. */
async function filled(path: string): Promise<Trial> {
  const trial = new Trial(`sqlite:${path}`)
  await trial.begin()
  await trial.replica.kill()
  return trial
}

export const sqliteTroubles: readonly Trouble[] = [
  {
    name: 'SQLite: the disk is full',
    needsRoot: true,
    isShort: true,
    async attempt(owner) {
      const { path, remount } = smallDisk(owner, '1m')
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, async () => {
        await trial.begin()
        await trial.putUntil('The disk of the evaluation store is full.')
        await trial.report()
        await trial.mustServeOthers('unavailable')
        remount('size=64m')
        await trial.end()
      })
    },
  },
  {
    name: 'SQLite: the file may grow no more',
    async attempt(owner) {
      const trial = new Trial(`sqlite:${fileOf(owner)}`, ['prlimit', '--fsize=1000000:unlimited'])
      return withTrial(trial, async () => {
        await trial.begin()
        await trial.putUntil(outOfReach)
        await trial.report()
        await trial.mustServeOthers('unavailable')
        execFileSync('prlimit', [`--pid=${trial.replica.pid}`, '--fsize=unlimited'])
        await trial.end()
      })
    },
  },
  {
    name: 'SQLite: another program locks the file',
    isShort: true,
    async attempt(owner) {
      const path = fileOf(owner)
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, async () => {
        await trial.begin()
        const other = change(path, 'BEGIN EXCLUSIVE')
        await trial.putUntil(locked)
        await trial.report()
        await trial.mustServeOthers('unavailable')
        other.close()
        await trial.end()
      })
    },
  },
  {
    name: 'SQLite: another program has locked the file at the start',
    async attempt(owner) {
      const path = fileOf(owner)
      const trial = await filled(path)
      return withTrial(trial, async () => {
        const other = change(path, 'BEGIN EXCLUSIVE')
        await trial.mustNotStart(/lossmeter\.sqlite cannot be opened: .*locked/)
        other.close()
      })
    },
  },
  {
    name: 'SQLite: a file that can only be read',
    needsRoot: true,
    async attempt(owner) {
      const { path, remount } = smallDisk(owner, '16m')
      const trial = await filled(path)
      return withTrial(trial, async () => {
        remount('ro')
        await trial.mustNotStart(/lossmeter\.sqlite cannot be opened: .*(?:readonly|unable to open)/)
        remount('rw')
      })
    },
  },
  {
    name: 'SQLite: a file of another user',
    async attempt(owner) {
      const folder = folderOf(owner)
      const path = join(folder, 'lossmeter.sqlite')
      await filled(path)
      // the first user of a machine is root; the last, nobody
      chmodSync(folder, 0o755)
      chmodSync(path, 0o444)
      const trial = new Trial(
        `sqlite:${path}`,
        process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--clear-groups'] : [],
      )
      return withTrial(trial, () =>
        trial.mustNotStart(/lossmeter\.sqlite cannot be opened: .*(?:readonly|unable to open)/),
      )
    },
  },
  {
    name: 'SQLite: a file that is none of SQLite',
    async attempt(owner) {
      const path = fileOf(owner)
      writeFileSync(path, 'not a database '.repeat(1000))
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, () => trial.mustNotStart(/lossmeter\.sqlite cannot be opened: file is not a database/))
    },
  },
  {
    name: "SQLite: another program's database",
    async attempt(owner) {
      const path = fileOf(owner)
      change(path, 'CREATE TABLE a (b)').close()
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, () => trial.mustNotStart(/The file is a database of another program/))
    },
  },
  {
    name: 'SQLite: a schema of a newer release',
    async attempt(owner) {
      const path = fileOf(owner)
      await filled(path)
      change(path, 'PRAGMA user_version = 999').close()
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, () =>
        trial.mustNotStart(/version 999 of the schema; this release .* Start the newer release/),
      )
    },
  },
  {
    name: 'SQLite: the file is moved away',
    isShort: true,
    async attempt(owner) {
      const path = fileOf(owner)
      const trial = new Trial(`sqlite:${path}`)
      return withTrial(trial, async () => {
        await trial.begin()
        renameSync(path, `${path}.moved`)
        await trial.putUntil(outOfReach)
        await trial.report()
        await trial.mustServeOthers('unavailable')
        renameSync(`${path}.moved`, path)
        await trial.end()
      })
    },
  },
  {
    name: 'SQLite: the file is damaged',
    isShort: true,
    async attempt(owner) {
      const path = fileOf(owner)
      const backup = `${path}.backup`
      const trial = await filled(path)
      return withTrial(trial, async () => {
        change(path, 'PRAGMA wal_checkpoint(TRUNCATE)').close()
        copyFileSync(path, backup)
        damage(path)
        await trial.replica.start()
        await trial.report('The evaluation store is damaged.')
        await trial.mustServeOthers('never')
        await trial.replica.kill()
        for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
        copyFileSync(backup, path)
        await trial.replica.start()
        await trial.end()
      })
    },
  },
]

/** Overwrites all pages but the first, which has the header and the schema. */
function damage(path: string): void {
  const { length } = readFileSync(path)
  const file = openSync(path, 'r+')
  for (let at = pageBytes; at < length; at += pageBytes)
    writeSync(file, Buffer.alloc(pageBytes, 0xa5), 0, pageBytes, at)
}
