import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import { parseConfig } from '../../../src/config.ts'
import { StateCodec } from '../../../src/evaluations/codec.ts'
import type { OpenEvaluation } from '../../../src/evaluations/open-evaluation.ts'
import type { Evaluations } from '../../../src/evaluations/service.ts'
import { registerBodies } from '../../../src/http/bodies.ts'
import { handleError } from '../../../src/http/error-handler.ts'
import { limitsOf } from '../../../src/http/limits.ts'
import { requestContext } from '../../../src/http/request-context.ts'
import { validatorCompiler } from '../../../src/http/validation.ts'
import { resolve } from '../../../src/loss/resolve.ts'
import type { EvaluationRouteOptions } from '../../../src/routes/evaluations/found.ts'
import type { Answered } from '../../support.ts'
import { ask, closeApp } from '../../support.ts'
import { noConnections } from '../../wire/support.ts'

interface Scope {
  after(release: () => Promise<void>): unknown
}

/** What an evaluation of three classes is declared with. */
export const threeClasses = { loss: 'cross-entropy', labelFormat: 'index', outputs: 3 }

/** Three batches of three classes, and all their rows as one. */
export const batches = [
  {
    predictions: [
      [0.2, 0.7, 0.1],
      [0.6, 0.3, 0.1],
    ],
    labels: [1, 2],
  },
  { predictions: [[0.1, 0.8, 0.1]], labels: [1] },
  {
    predictions: [
      [0.3, 0.3, 0.4],
      [0.25, 0.5, 0.25],
      [1, 0, 0],
    ],
    labels: [0, 0, 0],
  },
]
export const allRows = {
  predictions: batches.flatMap(({ predictions }) => predictions),
  labels: batches.flatMap(({ labels }) => labels),
}

type Method = 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST'

/** Sends JSON, or nothing, under /v1/evaluations. */
export async function send(app: FastifyInstance, method: Method, path: string, content?: unknown): Promise<Answered> {
  const url = `/v1/evaluations${path}`
  if (content === undefined) return ask(app, { method, url })
  return ask(app, {
    method,
    url,
    headers: { 'content-type': 'application/json' },
    payload: typeof content === 'string' ? content : JSON.stringify(content),
  })
}

/** Posts lines of NDJSON. */
export async function sendLines(app: FastifyInstance, path: string, lines: readonly unknown[]): Promise<Answered> {
  return ask(app, {
    method: 'POST',
    url: `/v1/evaluations${path}`,
    headers: { 'content-type': 'application/x-ndjson' },
    payload: lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  })
}

/** Declares an evaluation, and adds the batches to it. */
export async function evaluationOf(
  app: FastifyInstance,
  name: string,
  declaration: object = threeClasses,
  content: readonly object[] = batches,
): Promise<void> {
  const declared = await send(app, 'PUT', `/${name}`, declaration)
  if (declared.status !== 201) throw new Error(declared.text)
  for (const [at, batch] of content.entries()) {
    const { status, text } = await send(app, 'PUT', `/${name}/batches/step-${at + 1}`, batch)
    if (status !== 201) throw new Error(text)
  }
}

type Routes = (app: FastifyInstance, options: EvaluationRouteOptions) => Promise<void>

/** Routes of their own over evaluations that do as the test wants. */
export async function routesOver(
  t: Scope,
  routes: Routes,
  evaluations: Partial<Evaluations>,
): Promise<FastifyInstance> {
  const app = Fastify()
  const limits = limitsOf(parseConfig({}))
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(handleError)
  app.decorate('connections', noConnections)
  await app.register(requestContext, { limits })
  app.decorateRequest('owner', '')
  app.addHook('onRequest', async (request) => {
    request.owner = String(request.headers['x-owner'] ?? '')
  })
  registerBodies(app, limits)
  const ending = new AbortController()
  // what the test does not give is not called
  const options = { evaluations: evaluations as Evaluations, retentionDays: 30, ending: ending.signal }
  await app.register(routes, options)
  t.after(() => closeApp(app))
  return app
}

/** An evaluation of three classes as the service finds it. */
export function foundOf(): OpenEvaluation {
  const spec = resolve({ loss: 'cross-entropy', labelFormat: 'index' })
  const declared = { spec, outputs: 3, expectedBatches: undefined, expectedSamples: undefined, metadata: {} }
  const codec = new StateCodec(spec, 3)
  // what is stored does not matter where this is used
  const batches = {
    store: {} as never,
    evaluation: { id: 1, incarnation: '00' },
    codec,
    folds: { kept() {}, failed() {} },
    declaredBytes: 0,
  }
  return { stored: {} as never, declared, batches }
}
