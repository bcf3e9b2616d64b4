import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifyBaseLogger, FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { buildApp } from '../src/app.ts'
import { parseConfig } from '../src/config.ts'
import { TurnProbe } from './turn-probe.ts'

let turnProbe: TurnProbe | undefined

/** Has the turns of all services that are built from now on measured. */
export function watchTurns(): TurnProbe {
  turnProbe = new TurnProbe()
  return turnProbe
}

interface Scope {
  after(release: () => Promise<void>): unknown
}

/** The service under these variables, closed when the test ends. */
export async function appOf(
  t: Scope,
  variables: Record<string, string> = {},
  logger: FastifyBaseLogger | false = false,
): Promise<FastifyInstance> {
  const open = (url: Record<string, string> = {}) =>
    buildApp(parseConfig({ DATABASE_URL: 'memory:', ...variables, ...url }), logger)
  const app = await open()
  const end = turnProbe?.watch(app, () => open({ DATABASE_URL: 'memory:' }))
  t.after(async () => {
    await end?.()
    await closeApp(app)
  })
  return app
}

/** Closes a service whose clients have their answers; they may keep, or just be opening, connections, which would be waited for. */
export async function closeApp(app: FastifyInstance): Promise<void> {
  app.server.on('connection', (socket) => socket.destroy()).closeAllConnections()
  await app.close()
}

/** A logger of everything, and the lines that it wrote. */
export function listener(): { lines: string[]; logger: FastifyBaseLogger } {
  const lines: string[] = []
  return { lines, logger: pino({ level: 'trace' }, { write: (line: string) => lines.push(line) }) }
}

/** A golden fixture. */
export function golden<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`fixtures/golden/${name}`, import.meta.url), 'utf8'))
}

export interface Answered {
  readonly status: number
  readonly type: string
  readonly headers: LightMyRequestResponse['headers']
  /** The JSON of the answer without `requestId`, or its text when it is no JSON. */
  readonly body: unknown
  readonly text: string
}

/** Sends a request and checks the answer against the OpenAPI document before it gives it back. */
export async function ask(app: FastifyInstance, request: InjectOptions): Promise<Answered> {
  const response = await app.inject(request)
  const type = String(response.headers['content-type'] ?? '').split(';')[0]
  const parsed = type.endsWith('json') && response.body !== '' ? response.json() : response.body
  const wrong = request.method === 'HEAD' ? undefined : contradictions(request, response.statusCode, type, parsed)
  if (wrong !== undefined) throw new Error(`${request.method ?? 'GET'} ${request.url} ${response.statusCode}: ${wrong}`)
  const { statusCode: status, headers, body: text } = response
  return { status, type, headers, body: withoutId(parsed), text }
}

/** Posts JSON, a value or a text as it is. */
export async function post(app: FastifyInstance, url: string, content: unknown): Promise<Answered> {
  const payload = typeof content === 'string' ? content : JSON.stringify(content)
  return ask(app, { method: 'POST', url, headers: { 'content-type': 'application/json' }, payload })
}

/** A problem as `ask` gives it, for comparisons. */
export function problemOf(
  name: string,
  status: number,
  title: string,
  detail: string,
  instance: string,
  extensions: object = {},
): object {
  return { type: `/problems/${name}`, title, status, detail, instance, ...extensions }
}

function withoutId(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  const { requestId: _, ...rest } = body as Record<string, unknown>
  return plainProblem(rest)
}

interface Content {
  readonly schema: unknown
}

type Examples = Record<string, { readonly summary: string; readonly value: unknown }>

export interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly requestBody?: {
    readonly content: Record<string, { readonly examples?: Examples }>
  }
  readonly responses: Record<
    string,
    {
      readonly description: string
      readonly content: Record<
        string,
        { readonly schema: unknown; readonly example?: unknown; readonly examples?: Examples }
      >
    }
  >
}

export interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, Content> }
}

/** The committed OpenAPI document, which the service serves; test/openapi.test.ts compares it with the routes. */
export const document: Document = JSON.parse(readFileSync(new URL('../openapi/openapi.json', import.meta.url), 'utf8'))

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addFormat('date-time', (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text))
ajv.addSchema(document, 'document')

const templates = Object.keys(document.paths).map((path) => {
  const form = new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`)
  return [path, form] as const
})

/** Whether a value fits a place of the document; the faults in words if not. */
export function faultsAgainst(place: readonly string[], value: unknown): string | undefined {
  const pointer = place.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
  const $ref = `document#${pointer.join('')}`
  const validate = ajv.getSchema($ref)
  if (validate === undefined) return `${$ref} is not in the document`
  return validate(value) === true ? undefined : ajv.errorsText(validate.errors)
}

function contradictions(
  { url, method = 'GET' }: InjectOptions,
  status: number,
  type: string,
  body: unknown,
): string | undefined {
  const path = String(url).split('?')[0]
  const [template] = templates.find(([, form]) => form.test(path)) ?? []
  const operation = template === undefined ? undefined : document.paths[template][method.toLowerCase()]
  if (template === undefined || operation === undefined) {
    return status < 400 ? undefined : faultsAgainst(['components', 'schemas', 'Problem'], body)
  }
  const { responses } = operation
  // any status may be that of a closed gate
  const key = responses[status]?.content[type] === undefined ? `${String(status)[0]}XX` : String(status)
  if (responses[key]?.content[type] === undefined) return `status ${status} with ${type} is not in the document`
  return faultsAgainst(['paths', template, method.toLowerCase(), 'responses', key, 'content', type, 'schema'], body)
}

/**
 * A problem with the path of its type alone, and without the codes of its errors and what a body looks like:
 * test/routes/mistakes.test.ts has these.
 */
export function plainProblem(body: Record<string, unknown>): Record<string, unknown> {
  const { type, errors, detail, looksLike, ...rest } = body
  const plain: Record<string, unknown> = {
    ...rest,
    ...('type' in body && { type }),
    ...('errors' in body && { errors }),
  }
  if ('detail' in body)
    plain.detail = typeof detail !== 'string' || looksLike === undefined ? detail : withoutLook(detail)
  if (typeof type === 'string') plain.type = type.replace(/^https?:\/\/[^/]+/, '')
  if (Array.isArray(errors)) plain.errors = errors.map(({ code: _, ...error }) => error)
  return plain
}

function withoutLook(detail: string): string {
  return detail.replace(/(not valid JSON: .*?\.) [A-Z].*$/s, '$1')
}
