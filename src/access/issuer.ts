import { hash } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import type { JWTPayload } from 'jose'
import { createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { Problem } from '../http/problem.ts'
import type { Client } from './authenticator.ts'
import type { Scope } from './needs.ts'
import { scopes } from './needs.ts'
import { unauthenticated } from './refusals.ts'

/** Only algorithms with public keys: a token with a shared secret or without a signature is refused. */
const algorithms = ['RS256', 'ES256', 'EdDSA']
const clockTolerance = 30
/** How long a verified token is remembered, at most until it expires. */
const verifiedMs = 60_000
const mostVerified = 10_000
const mostAnswerBytes = 2 ** 20
/** The timeout of a request to the issuer, and the pause after one that failed. */
const answerMs = 5000
const failureMs = 2000
/** Key names that the issuer was asked for lately; of a flood of them it is asked this often at once, and then once a pause. */
const mostAsked = 1000
const fetchesAtOnce = 10
/** How often the keys are renewed, and how long they may be used while the issuer is out of reach. */
const renewMs = 300_000
const staleMs = 3_600_000

type Keys = ReturnType<typeof createRemoteJWKSet>

export interface IssuerOptions {
  readonly issuer: string
  readonly audience: string
  readonly log: FastifyBaseLogger
  /** The pause after which the same key, or one more of a flood of unknown keys, is asked for again. */
  readonly cooldownMs?: number
  readonly timeoutMs?: number
}

/** An OpenID issuer, whose tokens are verified with the keys that it publishes. */
export class Issuer {
  readonly #options: IssuerOptions
  /** By the hash of the token, so that no token stays in memory. */
  readonly #verified = new LRUCache<string, Client>({ max: mostVerified })
  readonly #renewing: NodeJS.Timeout
  readonly #asked: LRUCache<string, Promise<void>>
  readonly #cooldownMs: number
  /** When the fetches of so many pauses are made good; it lies ahead while they are being used up. */
  #fetchesUntil = 0
  #keys: Promise<Keys> | undefined
  #failedAt = Number.NEGATIVE_INFINITY
  #isTold = false

  constructor(options: IssuerOptions) {
    this.#options = options
    this.#cooldownMs = options.cooldownMs ?? 1000
    this.#asked = new LRUCache({ max: mostAsked, ttl: this.#cooldownMs || 1 })
    this.#renewing = setInterval(() => void this.renew(), renewMs).unref()
  }

  async renew(): Promise<void> {
    try {
      const keys = await this.#find()
      await keys.reload()
    } catch (err) {
      this.#options.log.warn({ err, issuer: this.#options.issuer }, 'the token issuer does not respond')
    }
  }

  close(): void {
    clearInterval(this.#renewing)
  }

  /**
   * The client of a token.
   *
   * @throws Problem `unauthenticated`, `issuer-unavailable`
   */
  verify(token: string): Client | Promise<Client> {
    const digest = hash('sha256', token, 'binary')
    return this.#verified.get(digest) ?? this.#verify(token, digest)
  }

  async #verify(token: string, digest: string): Promise<Client> {
    const { issuer, audience } = this.#options
    try {
      const { payload } = await jwtVerify(
        token,
        async (header, input) => {
          const keys = await this.#find()
          try {
            return await keys(header, input)
          } catch (error) {
            if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.#isRenewedFor(header.kid, keys)))
              throw error
            return keys(header, input)
          }
        },
        { issuer, audience, algorithms, clockTolerance, requiredClaims: ['exp', 'sub'] },
      )
      const client = clientOf(issuer, payload)
      const left = (Number(payload.exp) + clockTolerance) * 1000 - Date.now()
      this.#isTold = false
      this.#verified.set(digest, client, { ttl: Math.max(1, Math.min(verifiedMs, left)) })
      return client
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal.problem === 'issuer-unavailable') this.#tellOnce(error)
      throw refusal
    }
  }

  /** Logs why tokens cannot be verified, once until one is again. */
  #tellOnce(err: unknown): void {
    if (this.#isTold) return
    this.#isTold = true
    this.#options.log.warn({ err, issuer: this.#options.issuer }, 'tokens cannot be verified')
  }

  /** Fetches the keys once for an unknown one, so that the first token of a new key is taken; of a flood, seldom. */
  async #isRenewedFor(kid: string | undefined, keys: Keys): Promise<boolean> {
    const name = hash('sha256', kid ?? '', 'binary')
    let renewed = this.#asked.get(name)
    if (renewed === undefined) {
      const now = performance.now()
      const until = Math.max(now, this.#fetchesUntil) + this.#cooldownMs
      if (until > now + fetchesAtOnce * this.#cooldownMs) return false
      this.#fetchesUntil = until
      renewed = keys.reload()
      this.#asked.set(name, renewed)
    }
    await renewed
    return true
  }

  #find(): Promise<Keys> {
    this.#keys ??= this.#discover().catch((error) => {
      this.#keys = undefined
      throw error
    })
    return this.#keys
  }

  async #discover(): Promise<Keys> {
    const { issuer, timeoutMs = answerMs } = this.#options
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await this.#fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      signal,
      redirect: 'manual',
    })
    const found = (answer.status === 200 ? await answer.json().catch(() => undefined) : undefined) as
      | Discovered
      | undefined
    const url = typeof found?.jwks_uri === 'string' ? URL.parse(found.jwks_uri) : null
    if (found?.issuer !== issuer || url === null) {
      this.#failedAt = performance.now()
      throw new IssuerSilent('its configuration does not name it, or names no jwks_uri')
    }
    return createRemoteJWKSet(url, {
      // see #isRenewedFor
      cooldownDuration: Number.POSITIVE_INFINITY,
      cacheMaxAge: staleMs,
      timeoutDuration: timeoutMs,
      [customFetch]: (address, options) => this.#fetch(address, options),
    })
  }

  /** Fetches from the issuer, unless it has just failed: a flood of tokens must not cause a flood of requests. */
  async #fetch(address: string, options: RequestInit): Promise<Response> {
    if (performance.now() - this.#failedAt < failureMs) throw new IssuerSilent('it did not answer a moment ago')
    try {
      const answer = await fetch(address, options)
      if (!answer.ok) this.#failedAt = performance.now()
      return new Response(await bounded(answer), answer)
    } catch (cause) {
      this.#failedAt = performance.now()
      throw new IssuerSilent('it did not answer', { cause })
    }
  }
}

interface Discovered {
  readonly issuer?: unknown
  readonly jwks_uri?: unknown
}

class IssuerSilent extends Error {}

/** @throws IssuerSilent for an answer that is too large */
async function bounded(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > mostAnswerBytes) throw new IssuerSilent(`its response is longer than ${mostAnswerBytes} bytes`)
  }
  return Buffer.concat(chunks, bytes)
}

function clientOf(issuer: string, { sub, scope, exp }: JWTPayload): Client {
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || !sub.isWellFormed() || sub.includes('\0'))
    throw unauthenticated('The subject of the token cannot be used.')
  const named = typeof scope === 'string' ? scope.split(' ') : []
  return {
    owner: `${issuer}|${sub}`,
    scopes: scopes.filter((known: Scope) => named.includes(known)),
    until: 1000 * Number(exp),
  }
}

/** Says what is wrong with a token; an error that is not about the token counts as one of the issuer. */
function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof errors.JWTExpired) return unauthenticated('The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed) return unauthenticated(wrongClaim(error))
  if (error instanceof errors.JOSEAlgNotAllowed)
    return unauthenticated(`The token must be signed with ${algorithms.join(', ')}.`)
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return unauthenticated('The token names no key of its issuer.')
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return unauthenticated('The signature of the token is wrong.')
  const isAboutToken =
    error instanceof errors.JWTInvalid || error instanceof errors.JWSInvalid || error instanceof errors.JOSENotSupported
  if (isAboutToken) return unauthenticated('The token cannot be read.')
  if (!isAboutIssuer(error)) return unauthenticated('The key that the token names cannot be used.')
  const detail = 'The token issuer cannot be reached to get its keys.'
  return new Problem('issuer-unavailable', detail, {}, { 'retry-after': '5' })
}

/** Whether the issuer has not published what it should; all else is about one of its keys, such as one of too few bits. */
function isAboutIssuer(error: unknown): boolean {
  const { JWKSInvalid, JWKSTimeout, JOSEError } = errors
  return (
    error instanceof IssuerSilent ||
    error instanceof JWKSInvalid ||
    error instanceof JWKSTimeout ||
    (error instanceof JOSEError && error.code === JOSEError.code)
  )
}

function wrongClaim({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (claim === 'nbf' && reason === 'check_failed') return 'The token is not valid yet.'
  if (claim === 'aud') return 'The token was made for another audience.'
  if (claim === 'iss') return 'The token was made by another issuer.'
  return `The claim "${claim}" of the token is missing or wrong.`
}
