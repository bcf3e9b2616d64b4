import { Problem } from '../http/problem.ts'
import type { Quota } from '../quotas/quotas.ts'

const windowSeconds = 60

/**
 * The fields RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10.
 *
 * @param left of each quota
 */
export function rateLimitFields(
  { requestsPerMinute, bytesPerMinute }: Quota,
  left: { readonly requests: number; readonly bytes: number },
  secondsLeft: number,
): Record<string, string> {
  const policies: string[] = []
  const states: string[] = []
  const add = (name: string, quota: number, rest: number, unit: string) => {
    if (quota === 0) return
    policies.push(`"${name}";q=${quota};w=${windowSeconds};qu="${unit}"`)
    states.push(`"${name}";r=${rest};t=${secondsLeft}`)
  }
  add('requests', requestsPerMinute, left.requests, 'requests')
  add('bytes', bytesPerMinute, left.bytes, 'content-bytes')
  return { 'ratelimit-policy': policies.join(', '), ratelimit: states.join(', ') }
}

export function rateLimited(limit: keyof Quota, allowed: number, secondsLeft: number): Problem {
  const what = limit === 'requestsPerMinute' ? 'requests' : 'bytes of bodies'
  const detail = `This client can send ${allowed} ${what} per minute; the next minute begins in ${secondsLeft} s.`
  return new Problem('rate-limited', detail, { limit, allowed }, { 'retry-after': String(secondsLeft) })
}
