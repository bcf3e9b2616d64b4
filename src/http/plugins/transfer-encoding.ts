import fp from 'fastify-plugin'
import { Problem } from '../problem.ts'

/** Node decodes only `chunked`, and would pass a body in any other transfer coding on as it came. */
export const transferEncoding = fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      const coding = request.headers['transfer-encoding']
      const isKnown = coding === undefined || coding.toLowerCase() === 'chunked'
      done(isKnown ? undefined : new Problem('bad-request', 'Transfer-Encoding may only be chunked.'))
    })
  },
  { name: 'transfer-encoding', dependencies: ['requests-in-flight'] },
)
