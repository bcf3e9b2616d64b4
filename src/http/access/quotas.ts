import { LRUCache } from 'lru-cache'
import { Problem } from '../problem.ts'

/** What one client may send in a minute; 0 is as much as it likes. */
export interface Quota {
  readonly requestsPerMinute: number
  readonly bytesPerMinute: number
}

/** What one client has sent in the current minute. */
export interface Usage {
  requests: number
  bytes: number
}

const windowSeconds = 60
/** Clients whose usage is known; of more the one that was there longest ago is forgotten. */
const mostClients = 100_000

/** Counts what clients send, by the minutes of the clock, so that whoever counts besides means the same minute. */
export class Quotas {
  readonly #usage = new LRUCache<string, Usage>({ max: mostClients })
  readonly #now: () => number
  #minute = 0

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** How many clients have sent something in the current minute. */
  get size(): number {
    return this.#usage.size
  }

  /** Seconds until what a client may send is full again. */
  get secondsLeft(): number {
    return windowSeconds - Math.floor((this.#now() / 1000) % windowSeconds)
  }

  /** What a client has sent in the current minute; the caller adds to it. */
  of(client: string): Usage {
    const minute = Math.floor(this.#now() / 1000 / windowSeconds)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#usage.clear()
    }
    const known = this.#usage.get(client)
    if (known !== undefined) return known
    const usage = { requests: 0, bytes: 0 }
    this.#usage.set(client, usage)
    return usage
  }
}

/** The fields RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateLimitFields(
  { requestsPerMinute, bytesPerMinute }: Quota,
  { requests, bytes }: Usage,
  secondsLeft: number,
): Record<string, string> {
  const policies: string[] = []
  const states: string[] = []
  const add = (name: string, quota: number, used: number, unit: string) => {
    if (quota === 0) return
    policies.push(`"${name}";q=${quota};w=${windowSeconds};qu="${unit}"`)
    states.push(`"${name}";r=${Math.max(0, quota - used)};t=${secondsLeft}`)
  }
  add('requests', requestsPerMinute, requests, 'requests')
  add('bytes', bytesPerMinute, bytes, 'content-bytes')
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') }
}

/** The refusal of a client that has used up what it may send in a minute. */
export function rateLimited(limit: keyof Quota, allowed: number, secondsLeft: number): Problem {
  const what = limit === 'requestsPerMinute' ? 'requests' : 'bytes of bodies'
  const detail = `This client may send ${allowed} ${what} in a minute; the next minute begins in ${secondsLeft} s.`
  return new Problem('rate-limited', detail, { limit, allowed }, { 'retry-after': String(secondsLeft) })
}
