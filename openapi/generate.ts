import { writeFileSync } from 'node:fs'
import { buildApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'

/** The committed document: what GET /openapi.json answers, laid out for reading. */
export async function generate(): Promise<string> {
  const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }))
  const { body } = await app.inject('/openapi.json')
  await app.close()
  return `${JSON.stringify(JSON.parse(body), null, 2)}\n`
}

if (import.meta.main) writeFileSync(new URL('openapi.json', import.meta.url), await generate())
