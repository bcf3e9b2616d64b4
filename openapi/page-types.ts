import { readFileSync, writeFileSync } from 'node:fs'
import '../test/clients/compiler.ts'

/** The answers that the pages read. */
const roots = [
  'LossAnswer',
  'SweepAnswer',
  'Catalogue',
  'Problem',
  'Limits',
  'EvaluationAnswer',
  'EvaluationList',
  'LearningCurve',
  'EvaluationComparison',
  'EvaluationWindows',
  'BatchList',
]

/** The types of these answers, from the committed document. A spec is what a page sends back as it is, so it is left open. */
export async function pageTypes(): Promise<string> {
  const document = JSON.parse(readFileSync(new URL('openapi.json', import.meta.url), 'utf8'))
  const all = { ...document.components.schemas, LossSpec: { type: 'object', additionalProperties: true } }
  const needed = new Set<string>()
  const add = (name: string) => {
    if (needed.has(name)) return
    needed.add(name)
    const refs = JSON.stringify(all[name]).matchAll(/"#\/components\/schemas\/(\w+)"/g)
    for (const [, other] of refs) add(other)
  }
  for (const name of roots) add(name)
  const schemas = Object.fromEntries(Array.from(needed, (name) => [name, all[name]]))
  const { default: openapiTS, astToString } = await import('openapi-typescript')
  const types = await openapiTS({ ...document, paths: {}, components: { schemas } }, { arrayLength: true })
  return `// Written by \`npm run openapi\` from openapi/openapi.json.\n${astToString(types)}`
}

if (import.meta.main) writeFileSync(new URL('../src/pages/answers.d.ts', import.meta.url), await pageTypes())
