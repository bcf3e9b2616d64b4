import type { FastifyInstance, onRequestHookHandler } from 'fastify'
import { LimitExceeded } from '../../loss/validation-errors.ts'
import { needOf } from '../access/needs.ts'
import type { Quota, Usage } from '../access/quotas.ts'
import { Quotas, rateLimited, rateLimitFields } from '../access/quotas.ts'

/**
 * Bounds what one client sends in a minute: an owner of keys, or an address while nobody needs one. Health and metrics are never
 * limited. Register after `access`, and before the routes.
 *
 * @param standard the quota of clients whose keys name no other
 */
export function rateLimit(app: FastifyInstance, standard: Quota, quotas = new Quotas()): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.isRefusal || route.config?.isAlwaysAnswered) return
    const need = needOf(String([route.method].flat()[0]), route.url)
    if (need === 'nothing' || need === 'metrics') return
    route.onRequest = [...[route.onRequest ?? []].flat(), limit]
  })

  const limit: onRequestHookHandler = (request, reply, done) => {
    const { client, work, headers } = request
    const quota = {
      requestsPerMinute: client?.requestsPerMinute ?? standard.requestsPerMinute,
      bytesPerMinute: client?.bytesPerMinute ?? standard.bytesPerMinute,
    }
    if (quota.requestsPerMinute + quota.bytesPerMinute === 0) {
      done()
      return
    }
    const usage = quotas.of(work.owner)
    const refusal = refusalOf(quota, usage, Number(headers['content-length'] ?? 0), quotas.secondsLeft)
    if (refusal === undefined) usage.requests++
    reply.headers(rateLimitFields(quota, usage, quotas.secondsLeft))
    if (quota.bytesPerMinute > 0) {
      work.meter((bytes) => {
        // the minute may have changed
        const used = quotas.of(work.owner)
        used.bytes += bytes
        if (used.bytes > quota.bytesPerMinute)
          throw rateLimited('bytesPerMinute', quota.bytesPerMinute, quotas.secondsLeft)
      })
    }
    done(refusal)
  }
}

/** @param declared bytes of the body, as far as it says; what it inflates to is counted as it comes */
function refusalOf(
  { requestsPerMinute, bytesPerMinute }: Quota,
  { requests, bytes }: Usage,
  declared: number,
  secondsLeft: number,
): Error | undefined {
  if (requestsPerMinute > 0 && requests >= requestsPerMinute)
    return rateLimited('requestsPerMinute', requestsPerMinute, secondsLeft)
  if (bytesPerMinute === 0) return undefined
  if (declared > bytesPerMinute) {
    const detail = `The body is larger than what this client may send in a minute, bytesPerMinute, ${bytesPerMinute} bytes.`
    return new LimitExceeded('bytesPerMinute', bytesPerMinute, [], detail)
  }
  const isSpent = bytes >= bytesPerMinute || bytes + declared > bytesPerMinute
  return isSpent ? rateLimited('bytesPerMinute', bytesPerMinute, secondsLeft) : undefined
}
