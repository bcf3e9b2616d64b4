import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { test } from 'tap'
import { generate } from './clients/generate.ts'
import type { Description } from './clients/requests.ts'
import { requestsWithDefaults } from './clients/requests.ts'
import { appOf } from './support.ts'

const page = readFileSync(new URL('../docs/requests.md', import.meta.url), 'utf8')
const [, request] = page.match(/curl [^\n]*\/v1\/loss[^\n]* -d '([^']*)'/) ?? []
const [, answer] = page.match(/```json\n([\s\S]*?)```/) ?? []

/** A file that the type check of the tests does not see, as there is nothing yet that it could import. */
function fileOf(name: string): string {
  return new URL(`clients/${name}.ts`, import.meta.url).href
}

interface Client {
  readonly send: (baseUrl: string) => Promise<object>
  readonly evaluate: (baseUrl: string) => Promise<object>
}

function clientOf(name: string): Promise<Client> {
  return import(fileOf(name))
}

test('generated clients', async (t) => {
  const app = await appOf(t)
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 })
  await generate(baseUrl, request)
  const { requestId: _, ...shown } = JSON.parse(answer)
  const beyond = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.2, 0.8]], labels: [10] }
  const refusal = (await app.inject({ method: 'POST', url: '/v1/loss', payload: beyond })).json()
  const ofReadme = { loss: shown.loss, low: shown.accuracyInterval[0], again: shown, problem: refusal.detail }
  const ofTwo = { loss: 2, samples: 2 }

  t.test('all compile under strict, and what the service would refuse does not', async (t) => {
    const compiler = new URL('../node_modules/typescript/bin/tsc', import.meta.url).pathname
    const project = new URL('clients', import.meta.url).pathname
    // without env, tap would load itself into the compiler, which cannot bear it
    const compiled = promisify(execFile)('env', ['-i', process.execPath, compiler, '-p', project])
    const complaint = await compiled.then(
      () => '',
      (error: { stdout: string; stderr: string }) => `${error}\n${error.stdout}${error.stderr}`,
    )
    t.equal(complaint, '')
  })

  t.test('openapi-typescript with openapi-fetch: README, its spec sent back, a stream', async (t) => {
    const { send } = await clientOf('openapi-fetch')
    t.match(await send(baseUrl), { ...ofReadme, stream: ofTwo })
  })

  t.test('@hey-api/openapi-ts: README, its spec sent back', async (t) => {
    const { send } = await clientOf('hey-api')
    t.match(await send(baseUrl), ofReadme)
  })

  t.test('orval: README, its spec sent back, a binary body', async (t) => {
    const { send } = await clientOf('orval')
    t.match(await send(baseUrl), { ...ofReadme, binary: ofTwo })
  })

  t.test('evaluations: declared, a batch twice, reported, sealed, a batch too late', async (t) => {
    for (const name of ['openapi-fetch', 'hey-api', 'orval']) {
      const { evaluate } = await clientOf(name)
      const problem = `The evaluation "by-${name}" is sealed.`
      const wanted = { outputs: 1, sequence: 1, replayed: true, loss: 2, batches: 1, status: 'sealed', problem }
      t.same(await evaluate(baseUrl), wanted, name)
    }
  })

  t.test('a request with every default filled in fits the schemas of orval and is answered', async (t) => {
    const { EvaluateLossWithJsonBody: body } = await import(fileOf('generated/orval-zod'))
    const { losses } = (await app.inject('/v1/losses')).json<{ losses: Description[] }>()
    for (const payload of losses.flatMap(requestsWithDefaults)) {
      const name = `${payload.loss} ${payload.labelFormat} ${payload.predictionFormat}`
      t.same(body.safeParse(payload).data, payload, name)
      const { statusCode, body: text } = await app.inject({ method: 'POST', url: '/v1/loss', payload })
      t.equal(statusCode, 200, `${name}: ${text}`)
    }
  })
})
