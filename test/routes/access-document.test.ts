import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { needOf, scopeOf } from '../../src/access/needs.ts'
import { appOf } from '../support.ts'

type Operations = Record<string, Record<string, { security: object[]; responses: Record<string, { content: object }> }>>

/** Each operation with what its route needs. */
async function operationsOf(app: FastifyInstance) {
  const { paths } = (await app.inject('/openapi.json')).json() as { paths: Operations }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const need = needOf(method.toUpperCase(), path.replaceAll(/\{(\w+)\}/g, ':$1'))
      return { name: `${method} ${path}`, need, ...operation }
    }),
  )
}

test('the document says what key each operation needs, by the table that is enforced', async (t) => {
  const sha256 = createHash('sha256').update('a').digest('hex')
  const file = join(t.testdir({ 'keys.json': JSON.stringify([{ name: 'a', sha256, scopes: [] }]) }), 'keys.json')
  for (const isOpen of [true, false]) {
    const app = await appOf(t, isOpen ? {} : { API_KEYS_FILE: file })
    for (const { name, need, security, responses } of await operationsOf(app)) {
      const scope = need === 'nothing' || need === 'any key' ? undefined : scopeOf(need)
      const key = { key: scope === undefined ? [] : [scope] }
      const isOptional = isOpen || need === 'read unless public'
      t.same(security, need === 'nothing' ? [] : isOptional ? [{}, key] : [key], name)
      t.equal('401' in responses, need !== 'nothing', name)
      t.equal('403' in responses, need !== 'nothing' && need !== 'any key', name)
      // the errors of /v2 are a text
      if ('403' in responses && !name.includes('/v2/')) {
        t.match(JSON.stringify(responses['403']), `"scope":"${scope}"`)
      }
    }
  }
})
