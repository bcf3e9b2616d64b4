import { StoreUnusable } from './errors.ts'

export const defaultDatabaseUrl = 'sqlite:data/lossmeter.sqlite'

export type DatabaseAddress =
  | { readonly engine: 'sqlite'; readonly path: string }
  | { readonly engine: 'postgres'; readonly url: string }

const inMemory = ':memory:'

/**
 * `sqlite:PATH`, `postgres://...`, or `memory:`, which forgets everything at the end of the process.
 *
 * @throws StoreUnusable for anything else; the message leaves out what may be a password
 */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const [scheme] = url.split(':', 1)
  const rest = url.slice(scheme.length + 1)
  if (scheme === 'memory' && url === 'memory:') return { engine: 'sqlite', path: inMemory }
  if (scheme === 'sqlite' && isPath(rest)) return { engine: 'sqlite', path: rest.replace(/^\/\//, '') }
  if (/^postgres(?:ql)?$/.test(scheme) && URL.canParse(url)) return { engine: 'postgres', url }
  throw new StoreUnusable('DATABASE_URL must be sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:')
}

/** SQLite takes some names for a temporary file, memory or a URI. */
function isPath(path: string): boolean {
  return !/^(?:\/\/)?(?:$|:|file:)/.test(path) && !path.includes('\0')
}
