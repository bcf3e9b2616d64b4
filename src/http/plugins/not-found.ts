import fp from 'fastify-plugin'
import { nearest } from '../../formats/did-you-mean.ts'
import { shortened } from '../../loss/validation-errors.ts'
import { pathOf } from '../path-of.ts'
import { Problem } from '../problem.ts'

/** An address at which nothing is served is refused before a body is read. */
export const notFound = fp(
  async (app) => {
    app.addHook('onRequest', (request, _reply, done) => {
      done(request.is404 ? nothingServed(pathOf(request.url)) : undefined)
    })
    // what a plugin that serves files does not find
    app.setNotFoundHandler((request) => {
      throw nothingServed(pathOf(request.url))
    })
  },
  { name: 'not-found', dependencies: ['requests-in-flight'] },
)

/** What of the API stands below /v1; a path without that, or nearly one of these, is probably meant to be one. */
const resources = ['loss', 'losses', 'comparisons', 'evaluations', 'mini-batches', 'sweeps', 'limits']
/** What people call them. */
const aliases: Readonly<Record<string, string>> = { evaluate: 'loss', compare: 'comparisons', sample: 'mini-batches' }

export function nothingServed(path: string): Problem {
  const [, name = '', rest = ''] = /^(?:\/(?:api|v1|v2))*\/([\w-]{1,40})(\/.*)?$/.exec(path) ?? []
  const meant = Object.hasOwn(aliases, name) ? aliases[name] : nearest(name, resources)
  const hint = meant === undefined ? '' : ` Did you mean /v1/${meant}${shortened(rest)}?`
  const detail = `There is no resource at this path.${hint} See /docs for all routes; to evaluate a loss, POST to /v1/loss.`
  return new Problem('not-found', detail)
}
