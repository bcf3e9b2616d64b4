import { test } from 'tap'
import { defaultDatabaseUrl, parseDatabaseUrl } from '../../src/database/database-url.ts'

test('what a DATABASE_URL names', async (t) => {
  const postgres = 'postgres://user:pass@db.example:5432/lossmeter?sslmode=require'
  const table: Readonly<Record<string, object>> = {
    [defaultDatabaseUrl]: { engine: 'sqlite', path: 'data/lossmeter.sqlite' },
    'sqlite:a b/c:d.sqlite': { engine: 'sqlite', path: 'a b/c:d.sqlite' },
    'sqlite:/var/lib/x.sqlite': { engine: 'sqlite', path: '/var/lib/x.sqlite' },
    'sqlite://x.sqlite': { engine: 'sqlite', path: 'x.sqlite' },
    'sqlite:///var/x.sqlite': { engine: 'sqlite', path: '/var/x.sqlite' },
    'memory:': { engine: 'sqlite', path: ':memory:' },
    [postgres]: { engine: 'postgres', url: postgres },
    'postgresql:///lossmeter?host=/run': { engine: 'postgres', url: 'postgresql:///lossmeter?host=/run' },
  }
  for (const [url, address] of Object.entries(table)) t.same(parseDatabaseUrl(url), address, url)
})

test('anything else is refused, without a word of what it was', async (t) => {
  const message = 'DATABASE_URL must be sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE or memory:'
  const refused = [
    '',
    'data.sqlite',
    'sqlite',
    'sqlite:',
    'sqlite://',
    'sqlite::memory:',
    'sqlite://:memory:',
    'sqlite:file:x?mode=memory',
    'sqlite:a\0b',
    'memory:x',
    'memory',
    'mysql://user:secret@host/db',
    'postgres',
    'postgres://user:secret@host:port/db',
    'Postgres.//x',
  ]
  for (const url of refused) t.throws(() => parseDatabaseUrl(url), { name: 'StoreUnusable', message }, url)
})
