import { problemMediaType } from './problem.ts'

export type NamedExamples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>

export interface OperationExamples {
  readonly body?: string
  readonly mediaTypes?: Record<string, unknown>
  /** The media types of the request, where JSON is not one of them. */
  readonly accepts?: readonly string[] | undefined
  readonly parameters?: readonly unknown[]
  readonly requests?: NamedExamples
  /** One answer of a status; of an error it stands in place of the typical one of its type. */
  readonly answers?: Readonly<Record<number, unknown>>
  readonly problems?: Readonly<Record<string, NamedExamples>>
}

interface MediaType {
  example?: unknown
  examples?: NamedExamples
}

interface Operation {
  parameters?: readonly unknown[]
  readonly operationId?: string
  readonly requestBody?: { description?: string; readonly content: Record<string, MediaType> }
  readonly responses: Record<string, { readonly content?: Record<string, MediaType> }>
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, Schema> }
}

type Schema = Record<string, unknown>

/** The document with examples, and with schemas that client generators read correctly. */
export function completed<Generated>(
  generated: Generated,
  examples: ReadonlyMap<string, OperationExamples>,
): Generated {
  // the generator's type does not allow what is added
  const document = generated as unknown as Document
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const operation of Object.values(methods)) {
      addExamples(path, operation, examples.get(operation.operationId ?? '') ?? {})
    }
  }
  const { schemas } = document.components
  dropUnused(document.paths, schemas)
  forEachObject(document, (part) => {
    dropBoundsOfSafeIntegers(part)
    nameDiscriminator(part, schemas)
  })
  return withPlainNames(generated, Object.keys(schemas))
}

function addExamples(path: string, operation: Operation, examples: OperationExamples): void {
  const { requestBody, responses } = operation
  const { body: description, mediaTypes, parameters, requests, answers = {}, problems = {} } = examples
  if (parameters !== undefined) operation.parameters = [...(operation.parameters ?? []), ...parameters]
  if (requestBody !== undefined) {
    Object.assign(requestBody.content, mediaTypes)
    if (examples.accepts?.includes('application/json') === false) delete requestBody.content['application/json']
    if (description !== undefined) requestBody.description = description
  }
  const body = requestBody?.content['application/json']
  if (body !== undefined && requests !== undefined) body.examples = requests
  for (const [status, { content = {} }] of Object.entries(responses)) {
    const answer = answers[Number(status)]
    for (const [type, media] of Object.entries(content)) {
      const typical = type === problemMediaType ? problems[status] : undefined
      const isForm = Number(status) < 400 ? type.endsWith('json') : type === problemMediaType
      if (typical !== undefined) media.examples = problemsAt(path, typical, answer)
      else if (answer !== undefined && isForm) media.example = answer
    }
  }
}

function problemsAt(path: string, typical: NamedExamples, special: unknown): NamedExamples {
  const type = (special as { type?: string } | undefined)?.type
  return Object.fromEntries(
    Object.entries(typical).map(([name, { summary, value }]) => {
      const problem = (type?.endsWith(`/problems/${name}`) === true ? special : value) as { instance: string }
      return [name, { summary, value: { ...problem, instance: problem.instance || path } }]
    }),
  )
}

function dropBoundsOfSafeIntegers(schema: Schema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
}

function nameDiscriminator(union: Schema, schemas: Readonly<Record<string, Schema>>): void {
  if (!Array.isArray(union.oneOf)) return
  const members = union.oneOf.map(({ $ref }) => [$ref, schemas[String($ref).split('/')[3]]] as const)
  const [, first] = members[0]
  for (const propertyName of Object.keys((first?.properties ?? {}) as Schema)) {
    const mapping = Object.fromEntries(members.map(([$ref, schema]) => [constantOf(schema, propertyName), $ref]))
    if ('undefined' in mapping || Object.keys(mapping).length < members.length) continue
    union.discriminator = { propertyName, mapping }
    return
  }
}

function constantOf(schema: Schema | undefined, property: string): unknown {
  return ((schema?.properties ?? {}) as Record<string, { const?: unknown }>)[property]?.const
}

function forEachObject(part: unknown, visit: (part: Record<string, unknown>) => void): void {
  if (typeof part !== 'object' || part === null) return
  if (!Array.isArray(part)) visit(part as Record<string, unknown>)
  for (const inner of Object.values(part)) forEachObject(inner, visit)
}

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
