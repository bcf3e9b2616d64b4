import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { watchAccess } from './access-end.ts'
import type { Authorities, Client } from './authenticator.ts'
import { anonymous, clientOf } from './authenticator.ts'
import type { Need } from './needs.ts'
import { needOf, scopeOf } from './needs.ts'
import type { Access } from './open.ts'
import { forbidden } from './refusals.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route only answers 405. */
    isRefusal?: boolean
  }
  interface FastifyInstance {
    /** Calls a listener when the client of a request may no longer send it. @returns ends it */
    watchAccess?: (request: FastifyRequest, ended: () => void) => () => void
  }
  interface FastifyRequest {
    /** Owner of the evaluations that the request sees. */
    owner: string
    client: Client | null
    /** Whether it comes without a key where keys are needed, and so sees only what is public. */
    isStranger: boolean
  }
}

/** Lets a request through that has the key its route needs, before its body is read; without authorities every request. */
export const access = fp(
  async (app, { authorities }: { readonly authorities: Access | undefined }) => {
    app.decorateRequest('owner', anonymous)
    app.decorateRequest('client', null)
    app.decorateRequest('isStranger', false)
    app.decorate('watchAccess', ({ client, headers, method, routeOptions: { url = '' } }, ended) => {
      if (client === null || authorities === undefined) return () => undefined
      return watchAccess(authorities, headers.authorization, client, needOf(method, url), ended)
    })
    app.addHook('onRoute', (route) => {
      if (route.config?.isRefusal) return
      for (const method of [route.method].flat()) {
        const need = needOf(method, route.url)
        if (need === 'nothing' || authorities === undefined) continue
        route.onRequest = [check(need, authorities), ...[route.onRequest ?? []].flat()]
      }
    })
    app.addHook('onClose', async () => authorities?.close())
  },
  { name: 'access', dependencies: ['request-context'] },
)

function check(need: Exclude<Need, 'nothing'>, authorities: Authorities): onRequestHookHandler {
  const admit = (request: FastifyRequest, client: Client) => {
    request.owner = client.owner
    request.client = client
    request.work.belongTo(client.owner)
    const scope = scopeOf(need)
    return scope === undefined || client.scopes.includes(scope) ? undefined : forbidden(scope)
  }
  return (request, _reply, done) => {
    if (need === 'read unless public' && request.headers.authorization === undefined) {
      request.isStranger = true
      done()
      return
    }
    let client: Client | Promise<Client>
    try {
      client = clientOf(request.headers.authorization, authorities)
    } catch (error) {
      done(error as Error)
      return
    }
    if (client instanceof Promise) client.then((verified) => admit(request, verified)).then(done, done)
    else done(admit(request, client))
  }
}
