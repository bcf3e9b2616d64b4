import { parseDatabaseUrl } from './database-url.ts'
import { PostgresEvaluationEngine } from './postgres/evaluation-engine.ts'
import type { ListenerWatch } from './postgres/listener.ts'
import type { StoreObserver } from './sql/observed-engine.ts'
import { ObservedEngine } from './sql/observed-engine.ts'
import { SqlStore } from './sql/sql-store.ts'
import { SqliteEngine } from './sqlite/engine.ts'
import type { Store, StoreLimits } from './store.ts'

const systems = { sqlite: 'sqlite', postgres: 'postgresql' } as const

interface StoreLog {
  info(message: string): void
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
  const address = parseDatabaseUrl(databaseUrl)
  const engine =
    address.engine === 'sqlite'
      ? await SqliteEngine.open(address.path)
      : await new PostgresEvaluationEngine(address.url, watchOf(observer, log)).start()
  const observed = observer === undefined ? engine : new ObservedEngine(engine, systems[address.engine], observer)
  return new SqlStore(observed, limits, now)
}

function watchOf(observer?: StoreObserver, log?: StoreLog): ListenerWatch {
  return {
    failed(err) {
      observer?.listenFailed()
      log?.warn({ err }, 'changes of other replicas are not heard of; events come late')
    },
    recovered: () => log?.info('changes of other replicas are heard of again'),
  }
}
