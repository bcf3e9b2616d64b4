import type { FastifyInstance, HTTPMethods } from 'fastify'
import { Problem } from './problem.ts'

const methods: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY']

/** After `register` has added its routes, gives each address a route for the other methods that answers 405 with Allow. */
export async function refuseOtherMethods(app: FastifyInstance, register: () => Promise<void>): Promise<void> {
  const allowed = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = allowed.get(url) ?? new Set()
    for (const name of [method].flat()) known.add(name)
    allowed.set(url, known)
  })
  await register()
  for (const [url, known] of [...allowed]) {
    const others = methods.filter((method) => !known.has(method))
    const allow = [...known].join(', ')
    const refuse = async () => {
      throw new Problem('method-not-allowed', `${documented(url)} accepts ${allow}.`, {}, { allow })
    }
    const config = { isRefusal: true }
    app.route({ url, method: others, config, schema: { hide: true }, onRequest: refuse, handler: refuse })
  }
}

/** A path with its parameters as the document writes them. */
function documented(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}')
}
