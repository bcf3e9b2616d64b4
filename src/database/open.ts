import { parseDatabaseUrl } from './database-url.ts'
import { PostgresEvaluationEngine } from './postgres/evaluation-engine.ts'
import type { ListenerWatch } from './postgres/listener.ts'
import type { EvaluationEngine } from './sql/evaluation-engine.ts'
import type { StoreObserver } from './sql/observed-engine.ts'
import { ObservedEngine } from './sql/observed-engine.ts'
import type { MigrationLog } from './sql/schema.ts'
import { SqlStore } from './sql/sql-store.ts'
import { SqliteEngine } from './sqlite/engine.ts'
import type { Store, StoreLimits } from './store.ts'

const systems = { sqlite: 'sqlite', postgres: 'postgresql' } as const

export interface StoreLog extends MigrationLog {
  warn(fields: object, message: string): void
}

/**
 * Opens the store that a DATABASE_URL names, and brings its schema up to date. A PostgreSQL database that is out of reach
 * opens nevertheless.
 *
 * @throws StoreUnusable
 */
export async function openStore(
  databaseUrl: string,
  limits: StoreLimits,
  now?: () => number,
  observer?: StoreObserver,
  log?: StoreLog,
): Promise<Store> {
  const { engine } = parseDatabaseUrl(databaseUrl)
  const opened = await openEngine(databaseUrl, observer, log)
  return new SqlStore(
    observer === undefined ? opened : new ObservedEngine(opened, systems[engine], observer),
    limits,
    now,
  )
}

/** @throws StoreUnusable */
export async function openEngine(
  databaseUrl: string,
  observer?: StoreObserver,
  log?: StoreLog,
): Promise<EvaluationEngine> {
  const address = parseDatabaseUrl(databaseUrl)
  const waited = observer && ((seconds: number) => observer.waited(seconds))
  if (address.engine === 'sqlite') return SqliteEngine.open(address.path, undefined, log, waited)
  return new PostgresEvaluationEngine(address.url, watchOf(observer, log), log, waited).start()
}

function watchOf(observer?: StoreObserver, log?: StoreLog): ListenerWatch {
  return {
    failed(err) {
      observer?.listenFailed()
      log?.warn({ err }, 'cannot listen for changes by other replicas; events will be delayed')
    },
    recovered: () => log?.info({}, 'listening for changes by other replicas again'),
  }
}
