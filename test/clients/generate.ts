import './compiler.ts'
import { execFile } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'

const input = new URL('../../openapi/openapi.json', import.meta.url).pathname
const folder = new URL('generated/', import.meta.url).pathname

/** Writes the clients of the committed document, with the settings that a newcomer would find. */
const generators = {
  async 'openapi-fetch'() {
    const { default: openapiTS, astToString } = await import('openapi-typescript')
    const types = await openapiTS(new URL(`file://${input}`))
    writeFileSync(`${folder}openapi-typescript.ts`, astToString(types))
  },
  async 'hey-api'() {
    const { createClient } = await import('@hey-api/openapi-ts')
    // Node imports files by their whole name
    const output = { path: `${folder}hey-api`, module: { extension: '.ts' } }
    await createClient({ input, output, logs: { level: 'silent' } })
  },
  async orval(baseUrl: string) {
    const { generate } = await import('orval')
    // one function for each media type: a single one would send objects unserialised
    const override = { splitByContentType: true }
    const quiet = { logLevel: 'error' } as const
    await generate({ input, output: { target: `${folder}orval.ts`, client: 'fetch', baseUrl, override } }, '.', quiet)
    await generate({ input, output: { target: `${folder}orval-zod.ts`, client: 'zod', override } }, '.', quiet)
  },
}

export type Generator = keyof typeof generators

/** Has generators write their clients of the service at this address, and nothing else. */
export async function generate(names: readonly Generator[], baseUrl: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  await Promise.all(names.map((name) => generators[name](baseUrl)))
  const include = ['.', ...names.map((name) => `../${name}.ts`)]
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ extends: '../tsconfig.json', include }))
}

/** Compiles what was generated and what uses it; what the compiler finds wrong. */
export async function complaints(): Promise<string> {
  const compiler = new URL('../../node_modules/typescript/bin/tsc', import.meta.url).pathname
  // without env, tap would load itself into the compiler, which cannot bear it
  const compiled = promisify(execFile)('env', ['-i', process.execPath, compiler, '-p', folder])
  return compiled.then(
    () => '',
    (error: { stdout: string; stderr: string }) => `${error}\n${error.stdout}${error.stderr}`,
  )
}

/** Imports a file that the type check of the tests does not see, as there is nothing yet that it could import. */
export function clientOf(name: string) {
  return import(new URL(`${name}.ts`, import.meta.url).href)
}
