import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import packageJson from '../../package.json' with { type: 'json' }
import { askAgain, constant } from './constant.ts'
import type { NamedExamples, OperationExamples } from './document.ts'
import { completed } from './document.ts'
import { documentBelow } from './plugins/base-path.ts'
import { registerSwaggerUi } from './swagger-ui.ts'

type AnswersByStatus = Record<string, { readonly content?: Record<string, { readonly examples?: NamedExamples }> }>

declare module 'fastify' {
  interface FastifyContextConfig {
    examples?: OperationExamples
  }
}

const description = `Evaluates loss functions: send predictions and labels; get the loss and the accuracy back.

**Nothing is inferred.** A program cannot reliably distinguish one-hot labels from index labels, so the caller must declare which they are: \`labelFormat\` is required. Data that contradict a declaration are rejected. The error gives the location, the value received and the declaration that would fit.

**You can trust the number.** Per-sample losses are ordinary doubles. Their sum is exact and is rounded once, so neither the order of the samples nor the way they are split into batches changes a single bit of the answer.

[The pictures](/learn) show what the service computes. Errors are \`application/problem+json\` (RFC 9457); \`type\` is the URL of a page of this service that explains the problem.`

const keyScheme = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key of this service, or a token (JWT) from the OpenID issuer that the service trusts. Its scopes are among `evaluate`, `read`, `write`, `metrics`.',
} as const

interface Options {
  /** Makes the committed document, which describes an open service, describe this one. */
  readonly adapt: (document: SecuredDocument) => void
}

/** What each operation accepts in place of a key, by path and method. */
export interface SecuredDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { security: object[] }>>>>
}

/**
 * Serves the committed OpenAPI document at /openapi.json, and Swagger UI at /docs. The document is made of the routes that follow
 * by `npm run openapi`, because to make it takes a second.
 */
export const openapi = fp(serveDocument, {
  name: 'openapi',
  dependencies: ['access-document'],
  decorators: { fastify: ['basePath'] },
})

async function serveDocument(app: FastifyInstance, { adapt }: Options): Promise<void> {
  const examples = new Map<string, OperationExamples>()
  app.addHook('onRoute', ({ schema, config }) => {
    const { operationId, response } = (schema ?? {}) as { operationId?: string; response?: AnswersByStatus }
    if (operationId !== undefined) {
      const { accepts, examples: given } = config ?? {}
      examples.set(operationId, { ...given, accepts, problems: problemsOf(response) })
    }
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'lossmeter',
        version: packageJson.version,
        description,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/', description: 'This service' }],
      components: { securitySchemes: { key: keyScheme } },
      security: [],
      tags: [
        { name: 'Loss', description: 'Loss functions, evaluated over batches.' },
        {
          name: 'Evaluations',
          description:
            'Persistent evaluations: batches are added one at a time, from any client, and each is counted once.',
        },
        {
          name: 'Inference',
          description: 'The Open Inference Protocol, version 2, for its clients, such as tritonclient.',
        },
        { name: 'Service', description: 'Health, limits and errors.' },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => completed(jsonSchemaTransformObject(document), examples),
  })
  await registerSwaggerUi(app)
  const document = constant('application/json; charset=utf-8', documentFor(app.basePath, adapt))
  app.get('/openapi.json', { schema: { hide: true } }, async (request, reply) =>
    document.send(request, reply, askAgain),
  )
}

function documentFor(basePath: string, adapt: Options['adapt']): Buffer {
  const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8'))
  adapt(document)
  return Buffer.from(documentBelow(basePath, JSON.stringify(document)))
}

function problemsOf(answers: AnswersByStatus = {}): Record<string, NamedExamples> {
  const found: Record<string, NamedExamples> = {}
  for (const [status, { content = {} }] of Object.entries(answers)) {
    for (const { examples } of Object.values(content)) if (examples !== undefined) found[status] = examples
  }
  return found
}
