import './compiler.ts'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'

const input = new URL('../../openapi/openapi.json', import.meta.url).pathname
const folder = new URL('generated/', import.meta.url).pathname

/** Writes the clients of the committed document, with the settings that a newcomer would find, and README's request. */
export async function generate(baseUrl: string, request: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  await Promise.all([openapiTypescript(), heyApi(), orval(baseUrl)])
  writeFileSync(`${folder}readme.ts`, readme(request))
}

async function openapiTypescript(): Promise<void> {
  const { default: openapiTS, astToString } = await import('openapi-typescript')
  const types = await openapiTS(new URL(`file://${input}`))
  writeFileSync(`${folder}openapi-typescript.ts`, astToString(types))
}

async function heyApi(): Promise<void> {
  const { createClient } = await import('@hey-api/openapi-ts')
  // Node imports files by their whole name
  const output = { path: `${folder}hey-api`, module: { extension: '.ts' } }
  await createClient({ input, output, logs: { level: 'silent' } })
}

async function orval(baseUrl: string): Promise<void> {
  const { generate } = await import('orval')
  // one function for each media type: a single one would send objects unserialised
  const override = { splitByContentType: true }
  const quiet = { logLevel: 'error' } as const
  await generate({ input, output: { target: `${folder}orval.ts`, client: 'fetch', baseUrl, override } }, '.', quiet)
  await generate({ input, output: { target: `${folder}orval-zod.ts`, client: 'zod', override } }, '.', quiet)
}

/** The request as each client types it. */
function readme(request: string): string {
  return `import type { components } from './openapi-typescript.ts'
import type { LossRequest as HeyApi } from './hey-api/index.ts'
import type { LossRequest as Orval } from './orval.ts'

export const forOpenapiFetch: components['schemas']['LossRequest'] = ${request}
export const forHeyApi: HeyApi = ${request}
export const forOrval: Orval = ${request}
`
}
