import { closeSync, openSync, readSync } from 'node:fs'
import { isIP, isIPv4 } from 'node:net'
import { availableParallelism } from 'node:os'
import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { defaultDatabaseUrl } from './database/database-url.ts'
import { codeOf } from './runtime/watched-files.ts'

/** At most a day. A time of 0 would mean immediately for some variables and never for others, so it is refused where neither is useful. */
const milliseconds = integer(1, 86_400_000)
const millisecondsOrNone = integer(0, 86_400_000)

/** The URL of a service that something is sent to. */
const address = z
  .string()
  .refine((text) => /^https?:\/\/[^/]/.test(text) && URL.canParse(text), {
    error: 'it must be a URL such as http://collector.example:4318',
  })
  .optional()

/** Memory that a body may need, as a multiple of its size: for its text, its numbers, and what is computed from them. */
const bodiesInMemory = 4

const mostUrlBytes = 4096

/** The environment variables that are read, each with its default; the README's table is tested against this. */
export const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: integer(0, 65535).default(3000).describe('port to listen on; 0 picks a free one'),
  WORKERS: z
    .preprocess(
      (value) => (value === 'auto' ? availableParallelism() : value),
      integer(1, 256, 'it must be auto, or a whole number from 1 to 256'),
    )
    .default(1)
    .describe('worker processes that share this port; auto: one per core'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  MAX_BODY_BYTES: integer(1024, 2 ** 31)
    .default(64 * 2 ** 20)
    .describe('largest request body in bytes, after decompression; for NDJSON, the largest line'),
  MAX_IN_FLIGHT_BYTES: integer(4096, 2 ** 40)
    .default(512 * 2 ** 20)
    .describe(
      'bytes of memory that all requests in flight may use together; at least 4 times MAX_BODY_BYTES for each worker',
    ),
  MAX_COMPUTE_MS: milliseconds.default(30_000).describe('processor time per request; for NDJSON, per MiB of body'),
  MAX_REQUESTS_IN_FLIGHT: integer(1, 1_000_000)
    .default(1024)
    .describe(
      'maximum number of concurrent requests; one client address may hold at most three quarters of them, or half while other clients are active',
    ),
  MAX_CONNECTIONS: integer(1, 1_000_000).default(2048).describe('maximum number of open connections'),
  MAX_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000)
    .default(1024)
    .describe(
      'maximum number of connections from one address; behind a proxy, all clients share its address, so use the value of MAX_CONNECTIONS there',
    ),
  REQUEST_TIMEOUT_MS: milliseconds.default(120_000).describe('time to receive the whole body; for NDJSON, each line'),
  ANSWER_TIMEOUT_MS: milliseconds
    .default(30_000)
    .describe('time within which a client must read each MiB of its answer'),
  HEADERS_TIMEOUT_MS: milliseconds.default(15_000).describe('time to receive the headers of a request'),
  KEEP_ALIVE_TIMEOUT_MS: milliseconds.default(72_000).describe('time after which an idle connection is closed'),
  SHUTDOWN_DELAY_MS: millisecondsOrNone
    .default(1000)
    .describe('after SIGTERM, time for which /readyz fails before the service stops listening'),
  SHUTDOWN_TIMEOUT_MS: millisecondsOrNone.default(30_000).describe('time for requests in flight to finish at shutdown'),
  DATABASE_URL: z
    .string()
    .min(1)
    .default(defaultDatabaseUrl)
    .describe('where evaluations are stored: sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE, or memory:'),
  DATABASE_URL_FILE: z
    .string()
    .optional()
    .describe('file that contains the database URL, such as a mounted secret; replaces DATABASE_URL'),
  EVALUATION_RETENTION_DAYS: integer(0, 36_500)
    .default(30)
    .describe('days after its last change until an evaluation is deleted; 0: never'),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'certificate chain of the service (PEM), reloaded when the file changes; if unset, the service speaks plain HTTP',
    ),
  TLS_KEY_FILE: z.string().optional().describe('private key of the certificate (PEM), reloaded when the file changes'),
  API_KEYS_FILE: z
    .string()
    .optional()
    .describe(
      'JSON file with the valid keys, reloaded when it changes; if this and OIDC_ISSUER are unset, no key is required',
    ),
  OIDC_ISSUER: z
    .string()
    .refine(isIssuer, { error: 'it must be a URL such as https://login.example/realm, without query or fragment' })
    .optional()
    .describe('OpenID issuer whose tokens are accepted'),
  OIDC_AUDIENCE: z.string().optional().describe('audience that these tokens must be issued for'),
  REQUESTS_PER_MINUTE: integer(0, 1_000_000_000)
    .default(0)
    .describe('requests per minute and client (an owner; without keys, an address); 0: unlimited'),
  BYTES_PER_MINUTE: integer(0, 2 ** 50)
    .default(0)
    .describe('bytes of bodies, after decompression, per minute and client; 0: unlimited'),
  TRUST_PROXY: z
    .string()
    .refine(areProxies, { error: 'it must be the number of proxies, or their addresses and networks, comma-separated' })
    .optional()
    .describe(
      'proxies in front of the service whose X-Forwarded-For is trusted: their number, or their addresses and networks, comma-separated',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.describe(
    'URL of the OpenTelemetry collector; traces are sent over HTTP to /v1/traces below it; unset: no traces',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address.describe(
    'full URL of the traces endpoint, if it is not `/v1/traces` below the previous one',
  ),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('share of traces that are sent, from 0 to 1; for traces that a client started, the client decides'),
  BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'it must be a path such as /lossmeter, without a slash at the end')
    .optional()
    .describe('URL prefix, if a proxy serves the service under a path; unset: none'),
  CORS_ORIGIN: z
    .string()
    .refine(areOrigins, {
      error: 'it must be *, or origins such as https://app.example, without a path, comma-separated',
    })
    .optional()
    .describe('origins from which browsers may call the service, comma-separated, or *; unset: none'),
})

export type Config = z.infer<typeof environment>

/** Thrown when a variable is invalid; the message has one line for each such variable. */
export class ConfigError extends Error {}

/**
 * Reads the configuration.
 *
 * @throws ConfigError
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const named = Object.keys(environment.shape).filter((name) => env[name]?.trim())
  const result = environment.safeParse(Object.fromEntries(named.map((name) => [name, env[name]])))
  const lines = result.success
    ? contradictions(result.data, named)
    : result.error.issues.map(({ path: [name], message }) => `${String(name)}=${env[String(name)]}: ${message}`)
  if (!result.success || lines.length > 0) throw new ConfigError(lines.join('\n'))
  const { DATABASE_URL_FILE: file } = result.data
  return file === undefined ? result.data : { ...result.data, DATABASE_URL: urlIn(file) }
}

/** Unknown variables that are a known one but for a letter, underscores, case or a prefix, each with that one. */
export function misspelt(env: Record<string, string | undefined>): { readonly name: string; readonly meant: string }[] {
  const known = Object.keys(environment.shape)
  return Object.entries(env).flatMap(([name, value]) => {
    // Kubernetes sets such a LOSSMETER_PORT for a Service of this name
    if (known.includes(name) || value?.startsWith('tcp://')) return []
    const letters = lettersOf(name.toUpperCase().replace(/^LOSSMETER_/, ''))
    const most = name.length < 5 ? -1 : letters.length < 5 ? 0 : 1
    const meant = known.find((other) => distance(letters, lettersOf(other)) <= most)
    return meant === undefined ? [] : [{ name, meant }]
  })
}

function lettersOf(name: string): string {
  return name.replaceAll('_', '')
}

function urlIn(file: string): string {
  const buffer = Buffer.alloc(mostUrlBytes + 1)
  let bytes: number
  try {
    const descriptor = openSync(file, 'r')
    try {
      bytes = readSync(descriptor, buffer)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw new ConfigError(`DATABASE_URL_FILE=${file}: it cannot be read: ${codeOf(error)}`)
  }
  const url = buffer.toString('utf8', 0, bytes).trim()
  if (url === '' || bytes > mostUrlBytes)
    throw new ConfigError(`DATABASE_URL_FILE=${file}: it must contain a URL of at most ${mostUrlBytes} bytes`)
  return url
}

/** Errors in the combination of variables that are valid on their own. */
function contradictions(config: Config, named: readonly string[]): string[] {
  return [
    ...memoryTooSmall(config),
    ...memoryNotShared(config),
    ...halfAnIssuer(config),
    ...halfOfTls(config),
    ...moreOfOneThanOfAll(config, named),
    ...twoDatabases(config, named),
  ]
}

function moreOfOneThanOfAll(config: Config, named: readonly string[]): string[] {
  const { MAX_CONNECTIONS: all, MAX_CONNECTIONS_PER_ADDRESS: one } = config
  if (one <= all || !named.includes('MAX_CONNECTIONS_PER_ADDRESS')) return []
  return [`MAX_CONNECTIONS_PER_ADDRESS=${one} is more than MAX_CONNECTIONS=${all}; set it to at most ${all}`]
}

function twoDatabases({ DATABASE_URL_FILE: file }: Config, named: readonly string[]): string[] {
  if (file === undefined || !named.includes('DATABASE_URL')) return []
  return [`DATABASE_URL_FILE=${file}: DATABASE_URL is also set; set only one of them`]
}

function memoryNotShared({ WORKERS: workers, DATABASE_URL: url }: Config): string[] {
  if (workers === 1 || url !== 'memory:') return []
  return [
    `DATABASE_URL=${url} would give each of WORKERS=${workers} its own evaluations; set DATABASE_URL to sqlite:PATH, or WORKERS to 1`,
  ]
}

function halfOfTls({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Config): string[] {
  if ((cert === undefined) === (key === undefined)) return []
  return cert === undefined
    ? [`TLS_KEY_FILE=${key}: it has no effect without TLS_CERT_FILE; set TLS_CERT_FILE as well`]
    : [`TLS_CERT_FILE=${cert}: a certificate needs its private key; set TLS_KEY_FILE as well`]
}

function halfAnIssuer({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience }: Config): string[] {
  if ((issuer === undefined) === (audience === undefined)) return []
  return issuer === undefined
    ? [`OIDC_AUDIENCE=${audience}: it has no effect without OIDC_ISSUER; set OIDC_ISSUER as well`]
    : [
        `OIDC_ISSUER=${issuer}: tokens issued for other services must be rejected; set OIDC_AUDIENCE to the "aud" of the tokens for lossmeter`,
      ]
}

function memoryTooSmall({ MAX_BODY_BYTES: body, MAX_IN_FLIGHT_BYTES: memory, WORKERS: workers }: Config): string[] {
  const bodies = bodiesInMemory * workers
  if (memory >= bodies * body) return []
  const most = Math.floor(memory / bodies)
  const where = workers === 1 ? '' : ` in the share of one of WORKERS=${workers}`
  const fewer = Math.floor(memory / (bodiesInMemory * body))
  const orFewer = workers === 1 || fewer === 0 ? '' : `, or WORKERS to at most ${fewer}`
  return [
    `MAX_IN_FLIGHT_BYTES=${memory}: too small for a body of MAX_BODY_BYTES=${body}${where}; set MAX_IN_FLIGHT_BYTES to at least ${bodies * body}, or MAX_BODY_BYTES to at most ${most}${orFewer}`,
  ]
}

/** Whether this is `*` or a list of origins as browsers send them. */
function areOrigins(text: string): boolean {
  return text === '*' || text.split(',').every((origin) => URL.parse(origin.trim())?.origin === origin.trim())
}

/** Whether this lists the proxies in front of the service, and no other machines. */
function areProxies(text: string): boolean {
  if (/^[1-9]\d?$/.test(text)) return true
  return text.split(',').every((part) => {
    const [address, length, ...rest] = part.trim().split('/')
    const most = isIPv4(address) ? 32 : 128
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most)
    return isIP(address) > 0 && isLength && rest.length === 0
  })
}

/** Whether this is the URL of an issuer: its keys are found below it, and owners begin with it. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#|\s]/.test(text)
}

function integer(low: number, high: number, error = `it must be a whole number from ${low} to ${high}`) {
  const isInside = (value: number) => Number.isInteger(value) && value >= low && value <= high
  return z.coerce.number({ error }).refine(isInside, { error })
}
