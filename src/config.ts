import { z } from 'zod'

/** A day at most; a time of 0 would mean at once here and never there, so it is refused where neither is of use. */
const milliseconds = integer(1, 86_400_000)
const millisecondsOrNone = integer(0, 86_400_000)

/** The environment variables that are read, each with its default; the README's table is tested against this. */
export const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  PORT: integer(0, 65535).default(3000).describe('port to listen on; 0 picks a free one'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('least severe level that is logged'),
  MAX_BODY_BYTES: integer(1024, 2 ** 31)
    .default(64 * 2 ** 20)
    .describe('largest request body when inflated, in bytes; of an NDJSON body, the largest line'),
  MAX_IN_FLIGHT_BYTES: integer(1024, 2 ** 40)
    .default(128 * 2 ** 20)
    .describe(
      'bytes of bodies that all requests in flight may hold together; as doubles they take up to 4 times as much, one-byte integers 8 times',
    ),
  REQUEST_TIMEOUT_MS: milliseconds
    .default(120_000)
    .describe('time to receive a whole body; of an NDJSON body, time without a byte'),
  HEADERS_TIMEOUT_MS: milliseconds.default(15_000).describe("time to receive a request's headers"),
  KEEP_ALIVE_TIMEOUT_MS: milliseconds.default(72_000).describe('time an idle connection stays open'),
  SHUTDOWN_DELAY_MS: millisecondsOrNone
    .default(1000)
    .describe('time between a failing /readyz and the end of listening after SIGTERM'),
  SHUTDOWN_TIMEOUT_MS: millisecondsOrNone.default(30_000).describe('time for requests in flight to finish at shutdown'),
  CORS_ORIGIN: z
    .string()
    .min(1)
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
  if (result.success) return result.data
  const lines = result.error.issues.map((issue) => {
    const name = String(issue.path[0])
    return `${name}=${env[name]}: ${issue.message}`
  })
  throw new ConfigError(lines.join('\n'))
}

function integer(low: number, high: number) {
  const error = `it must be a whole number from ${low} to ${high}`
  const isInside = (value: number) => Number.isInteger(value) && value >= low && value <= high
  return z.coerce.number({ error }).refine(isInside, { error })
}
