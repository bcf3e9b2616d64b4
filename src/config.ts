import { closeSync, openSync, readSync } from 'node:fs'
import { isIP, isIPv4 } from 'node:net'
import { availableParallelism } from 'node:os'
import { distance } from 'fastest-levenshtein'
import { z } from 'zod'
import { defaultDatabaseUrl } from './database/database-url.ts'
import { codeOf } from './runtime/watched-files.ts'

/** A day at most; a time of 0 would mean at once here and never there, so it is refused where neither is of use. */
const milliseconds = integer(1, 86_400_000)
const millisecondsOrNone = integer(0, 86_400_000)

/** Where something is sent over HTTP. */
const address = z
  .string()
  .refine((text) => /^https?:\/\/[^/]/.test(text) && URL.canParse(text), {
    error: 'it must be an address such as http://collector.example:4318',
  })
  .optional()

/** Memory that a body may need, in bodies: its text, its numbers, and what is computed from them. */
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
    .describe('processes that answer on this port; auto: one for each core'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  MAX_BODY_BYTES: integer(1024, 2 ** 31)
    .default(64 * 2 ** 20)
    .describe('largest request body when inflated, in bytes; of an NDJSON body, the largest line'),
  MAX_IN_FLIGHT_BYTES: integer(4096, 2 ** 40)
    .default(512 * 2 ** 20)
    .describe(
      'bytes of memory that all requests in flight may take together; for each worker at least 4 times MAX_BODY_BYTES',
    ),
  MAX_COMPUTE_MS: milliseconds
    .default(30_000)
    .describe('processor time that one request may take; of an NDJSON body, for each MiB'),
  MAX_REQUESTS_IN_FLIGHT: integer(1, 1_000_000)
    .default(1024)
    .describe(
      'requests answered at one time; one address has at most three quarters of them, and half while others are there',
    ),
  MAX_CONNECTIONS: integer(1, 1_000_000).default(2048).describe('connections open at one time'),
  MAX_CONNECTIONS_PER_ADDRESS: integer(1, 1_000_000)
    .default(1024)
    .describe('connections of one address; behind a proxy all have the same, so set it to MAX_CONNECTIONS there'),
  REQUEST_TIMEOUT_MS: milliseconds
    .default(120_000)
    .describe('time to receive a whole body; of an NDJSON body, time for each line'),
  ANSWER_TIMEOUT_MS: milliseconds.default(30_000).describe('time for a client to take each MiB of its answer'),
  HEADERS_TIMEOUT_MS: milliseconds.default(15_000).describe("time to receive a request's headers"),
  KEEP_ALIVE_TIMEOUT_MS: milliseconds.default(72_000).describe('time an idle connection stays open'),
  SHUTDOWN_DELAY_MS: millisecondsOrNone
    .default(1000)
    .describe('time between a failing /readyz and the end of listening after SIGTERM'),
  SHUTDOWN_TIMEOUT_MS: millisecondsOrNone.default(30_000).describe('time for requests in flight to finish at shutdown'),
  DATABASE_URL: z
    .string()
    .min(1)
    .default(defaultDatabaseUrl)
    .describe('where evaluations are kept: sqlite:PATH, postgres://USER:PASSWORD@HOST:PORT/DATABASE, or memory:'),
  DATABASE_URL_FILE: z
    .string()
    .optional()
    .describe('file that holds the URL instead of DATABASE_URL, as secrets are mounted'),
  EVALUATION_RETENTION_DAYS: integer(0, 36_500)
    .default(30)
    .describe('days after the last write at which an evaluation is deleted; 0 keeps all'),
  TLS_CERT_FILE: z
    .string()
    .optional()
    .describe(
      'certificate of the service in PEM, with those that it is signed by, read again when it changes; unset: HTTP',
    ),
  TLS_KEY_FILE: z.string().optional().describe('its private key in PEM, read again when it changes'),
  API_KEYS_FILE: z
    .string()
    .optional()
    .describe(
      'JSON file of the keys that may be used, read again when it changes; unset, and OIDC_ISSUER too: no key is needed',
    ),
  OIDC_ISSUER: z
    .string()
    .refine(isIssuer, { error: 'it must be an address such as https://login.example/realm, without query or fragment' })
    .optional()
    .describe('OpenID issuer whose tokens may be used'),
  OIDC_AUDIENCE: z.string().optional().describe('audience that its tokens must be made for'),
  REQUESTS_PER_MINUTE: integer(0, 1_000_000_000)
    .default(0)
    .describe(
      'requests that one client may send in a minute, an owner or without keys an address; 0: as many as it likes',
    ),
  BYTES_PER_MINUTE: integer(0, 2 ** 50)
    .default(0)
    .describe('bytes of bodies, when inflated, that one client may send in a minute; 0: as many as it likes'),
  TRUST_PROXY: z
    .string()
    .refine(areProxies, { error: 'it must be a number of proxies, or their addresses and networks, comma-separated' })
    .optional()
    .describe(
      'proxies in front whose X-Forwarded-For is believed: how many, or their addresses and networks, comma-separated',
    ),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.describe(
    'OpenTelemetry collector that traces are sent to, over HTTP, at /v1/traces below this address; unset: no traces',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address.describe('the whole address, where it is another'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('share of the traces that begin here which are sent, from 0 to 1; a client decides about its own'),
  BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, 'it must be a path such as /lossmeter, without a slash at the end')
    .optional()
    .describe('path before every address, where a proxy serves the service below one; unset: none'),
  CORS_ORIGIN: z
    .string()
    .refine(areOrigins, {
      error: 'it must be *, or origins such as https://app.example, without a path, comma-separated',
    })
    .optional()
    .describe('origins that browsers may call from, comma-separated, or *; unset: none'),
})

export type Config = z.infer<typeof environment>

/** Thrown when a variable cannot be used; the message has one line for each such variable. */
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

/** Variables that nothing reads, each with the one from which it differs by a letter or by underscores: a misspelt one. */
export function misspelt(env: Record<string, string | undefined>): { readonly name: string; readonly meant: string }[] {
  const known = Object.keys(environment.shape)
  return Object.keys(env).flatMap((name) => {
    if (known.includes(name) || name.length < 5) return []
    const meant = known.find((other) => distance(lettersOf(name), lettersOf(other)) <= 1)
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
    throw new ConfigError(`DATABASE_URL_FILE=${file}: it must hold a URL of at most ${mostUrlBytes} bytes`)
  return url
}

/** What is wrong with variables that are right one by one. */
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
  return [`DATABASE_URL_FILE=${file}: DATABASE_URL is set, too; set one of them`]
}

function memoryNotShared({ WORKERS: workers, DATABASE_URL: url }: Config): string[] {
  if (workers === 1 || url !== 'memory:') return []
  return [
    `DATABASE_URL=${url} gives each of WORKERS=${workers} evaluations of its own; set DATABASE_URL to sqlite:PATH, or WORKERS to 1`,
  ]
}

function halfOfTls({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: Config): string[] {
  if ((cert === undefined) === (key === undefined)) return []
  return cert === undefined
    ? [`TLS_KEY_FILE=${key}: it says nothing without TLS_CERT_FILE; set that, too`]
    : [`TLS_CERT_FILE=${cert}: it needs its private key; set TLS_KEY_FILE, too`]
}

function halfAnIssuer({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience }: Config): string[] {
  if ((issuer === undefined) === (audience === undefined)) return []
  return issuer === undefined
    ? [`OIDC_AUDIENCE=${audience}: it says nothing without OIDC_ISSUER; set that, too`]
    : [
        `OIDC_ISSUER=${issuer}: tokens that it made for others must not count; set OIDC_AUDIENCE to what its tokens for lossmeter have as "aud"`,
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
    `MAX_IN_FLIGHT_BYTES=${memory}: a body of MAX_BODY_BYTES=${body} would never fit${where}; set MAX_IN_FLIGHT_BYTES to at least ${bodies * body}, or MAX_BODY_BYTES to at most ${most}${orFewer}`,
  ]
}

/** Whether this is `*` or a list of origins as browsers send them. */
function areOrigins(text: string): boolean {
  return text === '*' || text.split(',').every((origin) => URL.parse(origin.trim())?.origin === origin.trim())
}

/** Whether this says which proxies are in front, in a way that names no others. */
function areProxies(text: string): boolean {
  if (/^[1-9]\d?$/.test(text)) return true
  return text.split(',').every((part) => {
    const [address, length, ...rest] = part.trim().split('/')
    const most = isIPv4(address) ? 32 : 128
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= most)
    return isIP(address) > 0 && isLength && rest.length === 0
  })
}

/** Whether this names an issuer: its keys are found below it, and owners begin with it. */
function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && !/[?#|\s]/.test(text)
}

function integer(low: number, high: number, error = `it must be a whole number from ${low} to ${high}`) {
  const isInside = (value: number) => Number.isInteger(value) && value >= low && value <= high
  return z.coerce.number({ error }).refine(isInside, { error })
}
