import { writeFileSync } from 'node:fs'
import { buildApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'

/**
 * The committed document, made of the routes; GET /openapi.json answers it. Its components are in the order of their names,
 * which does not depend on the order of imports.
 */
export async function generate(): Promise<string> {
  const app = await buildApp(parseConfig({ DATABASE_URL: 'memory:' }))
  const document = JSON.parse(JSON.stringify(app.swagger()))
  await app.close()
  const schemas = Object.entries(document.components.schemas).toSorted(([a], [b]) => (a < b ? -1 : 1))
  document.components.schemas = Object.fromEntries(schemas)
  return `${JSON.stringify(document, null, 2)}\n`
}

if (import.meta.main) writeFileSync(new URL('openapi.json', import.meta.url), await generate())
