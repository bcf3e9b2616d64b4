// What a PostgreSQL database may suffer.
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Owner } from '../database/postgres/server.ts'
import { PostgresServer } from '../database/postgres/server.ts'
import { folderOf, startAgain } from './databases.ts'
import { Replica } from './replica.ts'
import { Trial } from './trial.ts'
import type { Trouble } from './troubles.ts'
import { withTrial } from './troubles.ts'

const outOfReach = 'The evaluation store cannot be reached.'

interface Database {
  readonly server: PostgresServer
  readonly name: string
  readonly url: string
}

/** A trouble of a database on a server of its own. */
function postgres(
  trouble: Omit<Trouble, 'attempt'> & { run(trial: Trial, database: Database, owner: Owner): Promise<void> },
): Trouble {
  const { run, ...rest } = trouble
  return {
    ...rest,
    async attempt(owner) {
      const server = await PostgresServer.start(owner)
      const url = await server.createDatabase()
      const name = new URL(url).pathname.slice(1)
      const trial = new Trial(url)
      return withTrial(trial, () => run(trial, { server, name, url }, owner))
    },
  }
}

export const postgresTroubles: readonly Trouble[] = [
  postgres({
    name: 'PostgreSQL: stopped for some seconds',
    isShort: true,
    async run(trial, { server }) {
      await trial.begin()
      await server.cut()
      try {
        await trial.putUntil(outOfReach)
        await trial.report(outOfReach)
        await trial.mustServeOthers('unavailable')
        await sleep(2000)
      } finally {
        await startAgain(server)
      }
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: comes up after the service',
    async run(trial, { server }) {
      await server.cut()
      try {
        await trial.replica.start()
        trial.mustRefuse(await trial.put(), outOfReach)
        await trial.mustServeOthers('never')
      } finally {
        await startAgain(server)
      }
      await sleep(500)
      await trial.declare()
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: says nothing',
    async run(trial, { server }) {
      await trial.begin()
      server.signal('SIGSTOP')
      try {
        await trial.putUntil(outOfReach)
        await trial.mustServeOthers('unavailable')
      } finally {
        server.signal('SIGCONT')
      }
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: a replica hangs in the middle of its transactions',
    async run(trial, { url }) {
      await trial.begin()
      const other = new Replica({ DATABASE_URL: url, LOG_LEVEL: 'info' })
      await other.start()
      let isOver = false
      const senders = Array.from({ length: 8 }, async () => {
        while (!isOver) await trial.put()
      })
      try {
        await sleep(500)
        process.kill(trial.replica.pid, 'SIGSTOP')
        await trial.mustTake(other, 10)
      } finally {
        isOver = true
        process.kill(trial.replica.pid, 'SIGCONT')
        await Promise.all(senders)
        await other.kill()
      }
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: the disk is full',
    needsRoot: true,
    async run(trial, { server, name }, owner) {
      const parent = folderOf(owner)
      const folder = join(parent, 'disk')
      mkdirSync(folder)
      chmodSync(parent, 0o755)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder])
      owner.teardown(async () => void execFileSync('umount', ['--lazy', folder]))
      chownSync(folder, statSync(`/proc/${server.pid}`).uid, -1)
      await trial.begin()
      await server.query(`CREATE TABLESPACE small LOCATION '${folder}'`)
      await server.query('ALTER TABLE batches SET TABLESPACE small', name)
      const filling = join(folder, 'filling')
      try {
        writeFileSync(filling, Buffer.alloc(2 ** 23))
      } catch {
        // as intended
      }
      await trial.putUntil('The disk of the evaluation store is full.')
      await trial.report()
      await trial.mustServeOthers()
      rmSync(filling)
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: can only be read',
    async run(trial, { server, name }) {
      await trial.begin()
      await server.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
      await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
      await sleep(500)
      await trial.putUntil('The evaluation store is read-only.')
      await trial.report()
      await trial.mustServeOthers('unavailable')
      await server.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`)
      await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: another program locks a table',
    async run(trial, { url }) {
      await trial.begin()
      const other = new pg.Client(url)
      await other.connect()
      await other.query('BEGIN; LOCK TABLE evaluations IN SHARE ROW EXCLUSIVE MODE')
      await trial.putUntil('The evaluation store is locked by another program.')
      await trial.report()
      await trial.mustServeOthers()
      await other.end()
      await trial.end()
    },
  }),
  postgres({
    name: 'PostgreSQL: a schema of a newer release',
    async run(trial, { server, name, url }) {
      await trial.begin()
      await server.query('UPDATE lossmeter_schema SET version = 999', name)
      const second = new Trial(url)
      await second.mustNotStart(/version 999 of the schema; this release .* Start the newer release/)
      trial.answer = second.answer
      trial.faults.push(...second.faults)
    },
  }),
  postgres({
    name: 'PostgreSQL: no such database',
    async run(trial, { server }) {
      const other = new Trial(server.url('nowhere'))
      await other.mustNotStart(/PostgreSQL cannot be used: database "nowhere" does not exist/)
      trial.answer = other.answer
      trial.faults.push(...other.faults)
    },
  }),
]
