import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Tells a client that waits with its body to go on. */
    continueBody: (() => void) | null
  }
}

/** A client that waits for 100 Continue gets it when its body is about to be read, or else the refusal. */
export function registerExpectations(app: FastifyInstance): void {
  const waiting = new WeakMap<IncomingMessage, () => void>()
  app.decorateRequest('continueBody', null)
  app.server.on('checkContinue', (request, response) => {
    const { shouldKeepAlive } = response
    // a client that got no 100 Continue may send its body or not: the connection cannot be used again
    response.shouldKeepAlive = false
    waiting.set(request, () => {
      response.shouldKeepAlive = shouldKeepAlive
      response.writeContinue()
    })
    app.server.emit('request', request, response)
  })
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.addHook('onRequest', (request, _reply, done) => {
    const { expect } = request.headers
    const isKnown = expect === undefined || expect.toLowerCase() === '100-continue'
    if (expect !== undefined) request.continueBody = waiting.get(request.raw) ?? null
    done(isKnown ? undefined : new Problem('expectation-failed', 'Expect may only be 100-continue.'))
  })
}
