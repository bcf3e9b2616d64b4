// The OpenAPI document: what may be sent, and what may be answered.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'

export interface Media {
  readonly schema: object & { readonly contentSchema?: object & { readonly $ref?: string } }
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: object
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

export interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> }
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>
}

export interface Route {
  /** As the document writes it, with parameters in braces. */
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

export const document = JSON.parse(readFileSync(new URL('../../openapi/openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>> }
}

/** Every operation, but for those whose answer does not end. */
export const routes: readonly Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods)
    .filter(([, { responses }]) => responses?.['200']?.content?.['text/event-stream'] === undefined)
    .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
)

const ajv = new Ajv2020({ strict: false, validateFormats: false })
ajv.addSchema(document, 'document')

/** What is wrong with a value by the schema at some place of the document; `undefined` if nothing is. */
export function faultsAt(place: readonly string[], value: unknown): string | undefined {
  const pointer = place.map((part) => `/${encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
  const validate = ajv.getSchema(`document#${pointer.join('')}`)
  if (validate === undefined) return `${place.join(' ')} is not in the document`
  return validate(value) === true ? undefined : ajv.errorsText(validate.errors)
}

/** The operation that answers a request, if there is one. */
export function routeOf(method: string, target: string): Route | undefined {
  const path = target.split('?')[0]
  return routes.find(
    (route) => route.method === method && new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '[^/]+')}/?$`).test(path),
  )
}
