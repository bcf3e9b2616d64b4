import fp from 'fastify-plugin'
import type { Need } from '../access/needs.ts'
import { needOf, scopeOf } from '../access/needs.ts'
import { forbidden } from '../access/refusals.ts'
import type { SecuredDocument } from '../http/openapi.ts'
import type { ProblemName } from '../http/problems.ts'
import type { Answer } from './answers.ts'
import { withProblems } from './answers.ts'
import { problemExample } from './problem-examples.ts'

/** Says in the document what key each operation accepts, and how it refuses others. */
export const documentAccess = fp(
  async (app) => {
    app.addHook('onRoute', (route) => {
      if (route.schema?.operationId === undefined) return
      const need = needOf(String(route.method), route.url)
      if (need === 'nothing') {
        route.schema = { ...route.schema, security: [] }
        return
      }
      const { key, problems, examples } = accessTo(need)
      route.schema = {
        ...route.schema,
        security: [{}, key],
        response: withProblems(route.schema.response as Record<string, Answer>, problems),
      }
      const given = route.config?.examples
      route.config = { ...route.config, examples: { ...given, answers: { ...examples, ...given?.answers } } }
    })
  },
  { name: 'access-document' },
)

/** Leaves out of the document of an open service that operations accept a request without a key. */
export function requireKeys({ paths }: SecuredDocument): void {
  for (const [path, methods] of Object.entries(paths))
    for (const [method, operation] of Object.entries(methods))
      if (needOf(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1')) !== 'read unless public')
        operation.security = operation.security.filter((accepted) => Object.keys(accepted).length > 0)
}

function accessTo(need: Exclude<Need, 'nothing'>) {
  const problems: ProblemName[] = ['unauthenticated', 'rate-limited', 'issuer-unavailable']
  const scope = scopeOf(need)
  if (scope === undefined) return { key: { key: [] }, problems, examples: {} }
  const { message, extensions } = forbidden(scope)
  const examples = { 403: problemExample('forbidden', [message, extensions]) }
  return { key: { key: [scope] }, problems: [...problems, 'forbidden' as const], examples }
}
