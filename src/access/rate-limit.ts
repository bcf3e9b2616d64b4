import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import type { Meter } from '../http/request-context.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { QuotaShare } from '../quotas/quota-share.ts'
import type { Quota, Quotas } from '../quotas/quotas.ts'
import { needOf } from './needs.ts'
import { rateLimited, rateLimitFields } from './quota-refusals.ts'

interface Options {
  readonly standard: Quota
  readonly quotas: Quotas
}

/**
 * Bounds what one client sends in a minute: an owner of keys, or an address where no key is needed. Health and metrics are never
 * limited.
 */
export const rateLimit = fp(
  async (app, { standard, quotas }: Options) => {
    const limit = limitBy(standard, quotas)
    app.addHook('onRoute', (route) => {
      if (route.config?.isRefusal || route.config?.isAlwaysAnswered) return
      const need = needOf(String([route.method].flat()[0]), route.url)
      if (need === 'nothing' || need === 'metrics') return
      route.onRequest = [...[route.onRequest ?? []].flat(), limit]
    })
    app.addHook('onClose', () => quotas.close())
  },
  { name: 'rate-limit', dependencies: ['access'] },
)

function limitBy(standard: Quota, quotas: Quotas): onRequestHookHandler {
  return (request, reply, done) => {
    const { client, work, headers } = request
    const quota = {
      requestsPerMinute: client?.requestsPerMinute ?? standard.requestsPerMinute,
      bytesPerMinute: client?.bytesPerMinute ?? standard.bytesPerMinute,
    }
    if (quota.requestsPerMinute + quota.bytesPerMinute === 0) {
      done()
      return
    }
    const declared = Number(headers['content-length'] ?? 0)
    const { owner } = work
    const tell = () => reply.headers(rateLimitFields(quota, quotas.left(owner), quotas.secondsLeft))
    if (quota.bytesPerMinute > 0 && declared > quota.bytesPerMinute) {
      tell()
      done(tooLarge(quota.bytesPerMinute))
      return
    }
    const decide = (spent: keyof Quota | undefined) => {
      tell()
      if (spent === undefined && quota.bytesPerMinute > 0)
        work.meter(new QuotaMeter(quotas, owner, quota.bytesPerMinute, declared))
      done(spent && rateLimited(spent, quota[spent], quotas.secondsLeft))
    }
    const spent = quotas.admit(owner, quota, declared)
    if (spent instanceof Promise) spent.then(decide, done)
    else decide(spent)
  }
}

class QuotaMeter implements Meter {
  readonly #quotas: Quotas
  readonly #client: string
  readonly #limit: number
  /** Where the declared bytes are held, and how many of them have not come. */
  readonly #share: QuotaShare
  #held: number

  constructor(quotas: Quotas, client: string, limit: number, declared: number) {
    this.#quotas = quotas
    this.#client = client
    this.#limit = limit
    this.#share = quotas.of(client).bytes
    this.#held = declared
  }

  count(bytes: number): Promise<void> | undefined {
    // held bytes count for the minute in which they were held, even if it has passed
    const held = Math.min(this.#held, bytes)
    this.#held -= held
    this.#share.useHeld(held)
    if (held === bytes) return undefined
    const isWithin = this.#quotas.draw(this.#client, this.#limit, bytes - held)
    if (isWithin instanceof Promise) return isWithin.then((is) => this.#check(is))
    this.#check(isWithin)
    return undefined
  }

  end(): void {
    this.#share.held -= this.#held
    this.#held = 0
  }

  #check(isWithin: boolean): void {
    if (!isWithin) throw rateLimited('bytesPerMinute', this.#limit, this.#quotas.secondsLeft)
  }
}

function tooLarge(allowed: number): LimitExceeded {
  const detail = `The body is larger than this client can send per minute, bytesPerMinute, ${allowed} bytes.`
  return new LimitExceeded('bytesPerMinute', allowed, [], detail)
}
