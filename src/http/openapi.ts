import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import packageJson from '../../package.json' with { type: 'json' }

/** What an operation's document has besides its schemas: requests by name, answers by status, other media types. */
export interface OperationExamples {
  readonly mediaTypes?: Record<string, unknown>
  readonly parameters?: readonly unknown[]
  readonly requests?: Record<string, { readonly summary: string; readonly value: unknown }>
  readonly answers?: Record<number, unknown>
}

/** What of the document is touched here. */
interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, unknown> }
}

interface Operation {
  parameters?: readonly unknown[]
  readonly operationId?: string
  readonly requestBody?: { readonly content: Record<string, { examples?: unknown }> }
  readonly responses: Record<string, { readonly content?: Record<string, { example?: unknown }> }>
}

declare module 'fastify' {
  interface FastifyContextConfig {
    examples?: OperationExamples
  }
}

const description = `Evaluates loss functions: POST predictions and labels, get the loss and the accuracy back.

**Nothing is inferred.** A machine cannot tell one-hot labels from index labels, so a person must say it: \`labelFormat\` is required, and data that contradict a declaration are refused with the place, the value received and the declaration that would fit.

**The number can be trusted.** Per-sample losses are ordinary doubles, and their sum is exact and rounded once, so the order of the samples and the way they are cut into batches never change a bit of the answer.

[The pictures](/explore) show what is computed. Errors are \`application/problem+json\` (RFC 9457); \`type\` is an address of this service that explains the problem.`

/** The name over the curve of -log y. */
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40"><path d="M4 4C6 26 14 33 36 36" fill="none" stroke="#7bd88f" stroke-width="4" stroke-linecap="round"/><text x="44" y="27" font-family="sans-serif" font-size="20" fill="#fff">lossmeter</text></svg>`

/** Serves the OpenAPI document at /openapi.json and Swagger UI at /docs. Register before the routes. */
export async function registerOpenapi(app: FastifyInstance): Promise<void> {
  const examples = new Map<string, OperationExamples>()
  app.addHook('onRoute', ({ schema, config }) => {
    const operationId = (schema as { operationId?: string } | undefined)?.operationId
    if (operationId !== undefined && config?.examples !== undefined) examples.set(operationId, config.examples)
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
      security: [],
      tags: [
        { name: 'Loss', description: 'Loss functions over batches.' },
        { name: 'Service', description: 'Health, limits and errors.' },
      ],
    },
    transform: transformJsonBody,
    transformObject: (document) => {
      const complete = jsonSchemaTransformObject(document)
      const { paths, components } = complete as unknown as Document
      for (const operation of Object.values(paths).flatMap((methods) => Object.values(methods))) {
        addExamples(operation, examples.get(operation.operationId ?? '') ?? {})
      }
      dropUnused(paths, components.schemas)
      return withPlainNames(complete, Object.keys(components.schemas))
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, docExpansion: 'list', deepLinking: true },
    theme: { title: 'lossmeter' },
    logo: { type: 'image/svg+xml', content: logo, href: '/explore', target: '_self' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}

/** The transform knows one schema for a body; that of JSON; `mediaTypes` has the others. */
const transformJsonBody: typeof jsonSchemaTransform = (document) => {
  const { body } = (document.schema ?? {}) as { body?: { content?: Record<string, { schema: unknown }> } }
  if (body?.content === undefined) return jsonSchemaTransform(document)
  return jsonSchemaTransform({
    ...document,
    schema: { ...document.schema, body: body.content['application/json'].schema },
  })
}

function addExamples(operation: Operation, examples: OperationExamples): void {
  const { requestBody, responses } = operation
  const { mediaTypes, parameters, requests, answers } = examples
  if (parameters !== undefined) operation.parameters = parameters
  if (requestBody !== undefined) Object.assign(requestBody.content, mediaTypes)
  const body = requestBody?.content['application/json']
  if (body !== undefined && requests !== undefined) body.examples = requests
  for (const [status, example] of Object.entries(answers ?? {})) {
    for (const [type, content] of Object.entries(responses[status].content ?? {})) {
      if (type.endsWith('json')) content.example = example
    }
  }
}

/** Removes schemas that nothing refers to; the transform writes each one twice. */
function dropUnused(paths: unknown, schemas: Record<string, unknown>): void {
  const used = new Set<string>()
  const visit = (part: unknown): void => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue
      used.add(name)
      visit(schemas[name])
    }
  }
  visit(paths)
  for (const name of Object.keys(schemas)) if (!used.has(name)) delete schemas[name]
}

/** Calls `XInput` plainly `X` where nothing else has that name. */
function withPlainNames<Part>(document: Part, names: readonly string[]): Part {
  const doubled = names.filter((name) => name.endsWith('Input') && !names.includes(name.slice(0, -5)))
  const text = doubled.reduce(
    (rest, name) =>
      rest
        .replaceAll(`/schemas/${name}"`, `/schemas/${name.slice(0, -5)}"`)
        .replaceAll(`"${name}":`, `"${name.slice(0, -5)}":`),
    JSON.stringify(document),
  )
  return JSON.parse(text)
}
