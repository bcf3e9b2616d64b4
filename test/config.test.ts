import { availableParallelism } from 'node:os'
import { test } from 'tap'
import { ConfigError, environment, misspelt, parseConfig } from '../src/config.ts'

/** A text that each variable may have, what is read of it, and the default where there is one. */
const variables: Record<string, [text: string, read: unknown, byDefault?: unknown]> = {
  HOST: ['::', '::', '127.0.0.1'],
  PORT: ['0', 0, 3000],
  WORKERS: ['2', 2, 1],
  LOG_LEVEL: ['silent', 'silent', 'info'],
  MAX_BODY_BYTES: ['1024', 1024, 67_108_864],
  MAX_IN_FLIGHT_BYTES: ['1099511627776', 1_099_511_627_776, 536_870_912],
  MAX_COMPUTE_MS: ['5', 5, 30_000],
  MAX_REQUESTS_IN_FLIGHT: ['6', 6, 1024],
  MAX_CONNECTIONS: ['7', 7, 2048],
  MAX_CONNECTIONS_PER_ADDRESS: ['7', 7, 1024],
  REQUEST_TIMEOUT_MS: ['1', 1, 120_000],
  ANSWER_TIMEOUT_MS: ['4', 4, 30_000],
  HEADERS_TIMEOUT_MS: ['2', 2, 15_000],
  KEEP_ALIVE_TIMEOUT_MS: ['3', 3, 72_000],
  SHUTDOWN_DELAY_MS: ['0', 0, 1000],
  SHUTDOWN_TIMEOUT_MS: ['86400000', 86_400_000, 30_000],
  DATABASE_URL: ['sqlite:x', 'sqlite:x', 'sqlite:data/lossmeter.sqlite'],
  EVALUATION_RETENTION_DAYS: ['0', 0, 30],
  TLS_CERT_FILE: ['tls.crt', 'tls.crt'],
  TLS_KEY_FILE: ['tls.key', 'tls.key'],
  API_KEYS_FILE: ['keys.json', 'keys.json'],
  OIDC_ISSUER: ['https://login.example/realm', 'https://login.example/realm'],
  OIDC_AUDIENCE: ['lossmeter', 'lossmeter'],
  REQUESTS_PER_MINUTE: ['600', 600, 0],
  BYTES_PER_MINUTE: ['1125899906842624', 2 ** 50, 0],
  TRUST_PROXY: ['10.0.0.0/8, fd00::/8', '10.0.0.0/8, fd00::/8'],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['http://collector:4318', 'http://collector:4318'],
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['https://traces.example/v1/traces', 'https://traces.example/v1/traces'],
  OTEL_TRACES_SAMPLER_ARG: ['0.25', 0.25, 1],
  BASE_PATH: ['/models/loss_meter', '/models/loss_meter'],
  CORS_ORIGIN: ['https://a.example, https://b.example', 'https://a.example, https://b.example'],
}

function column(at: 0 | 1 | 2): Record<string, unknown> {
  const cells = Object.entries(variables).map(([name, cells]) => [name, cells[at]])
  return Object.fromEntries(cells.filter(([, cell]) => cell !== undefined))
}

const defaults = column(2)

/** The message that an environment is refused with. */
function refusal(env: Record<string, string>): string | undefined {
  try {
    parseConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return undefined
}

test('everything has a default', async (t) => {
  t.same(parseConfig({}), defaults)
})

test('an empty or blank variable is an unset one, and unknown ones are let be', async (t) => {
  const empty = Object.fromEntries(Object.keys(environment.shape).map((name) => [name, '']))
  t.same(parseConfig(empty), defaults)
  t.same(parseConfig({ PORT: '  ', HOST: undefined, HOME: '/root', __proto__: 'x' }), defaults)
})

test('each variable is read', async (t) => {
  t.same(parseConfig(column(0) as Record<string, string>), column(1))
  const others = Object.keys(environment.shape).filter((name) => name !== 'DATABASE_URL_FILE')
  t.same(Object.keys(variables), others, 'the table above has every variable')
})

test('the URL of the database may be in a file', async (t) => {
  const folder = t.testdir({ url: 'postgres://a:b@c/d\n', empty: ' \n', long: 'x'.repeat(4097) })
  const file = (name: string) => ({ DATABASE_URL_FILE: `${folder}/${name}` })
  t.match(parseConfig(file('url')), { DATABASE_URL: 'postgres://a:b@c/d', ...file('url') })
  for (const [name, why] of [
    ['absent', 'it cannot be read: ENOENT'],
    ['empty', 'it must contain a URL of at most 4096 bytes'],
    ['long', 'it must contain a URL of at most 4096 bytes'],
  ])
    t.equal(refusal(file(name)), `DATABASE_URL_FILE=${folder}/${name}: ${why}`)
  t.equal(
    refusal({ DATABASE_URL_FILE: '/dev/zero' }),
    'DATABASE_URL_FILE=/dev/zero: it must contain a URL of at most 4096 bytes',
  )
  t.equal(
    refusal({ ...file('url'), DATABASE_URL: 'memory:' }),
    `DATABASE_URL_FILE=${folder}/url: DATABASE_URL is also set; set only one of them`,
  )
})

test('one address cannot have more connections than all', async (t) => {
  const why = 'MAX_CONNECTIONS_PER_ADDRESS=4000 is more than MAX_CONNECTIONS=10; set it to at most 10'
  t.equal(refusal({ MAX_CONNECTIONS: '10', MAX_CONNECTIONS_PER_ADDRESS: '4000' }), why)
  t.equal(refusal({ MAX_CONNECTIONS: '10' }), undefined, 'the default of one address follows')
})

test('a variable that is nearly one of the service is known as misspelt', async (t) => {
  const env = {
    MAX_BODY_BYTE: '1',
    DATABSE_URL: 'x',
    LOGLEVEL: 'x',
    LOSSMETER_PORT: '8080',
    LOSSMETER_MAX_BODY_BYTES: '1024',
    trust_proxy: '1',
    PORT: '1',
    LOSSMETER_PORT_80_TCP: 'tcp://10.0.0.1:80',
    LOSSMETER_SERVICE_HOST: '10.0.0.1',
    HOME: '/',
    PATH: '/bin',
    npm_config_port: '',
  }
  t.same(
    misspelt({ ...env, PWD: '/', HOSTNAME: 'a', SSL_CERT_FILE: '/ca', TERM: 'x', LANG: 'C', USER: 'a', NODE_ENV: 'x' }),
    [
      { name: 'MAX_BODY_BYTE', meant: 'MAX_BODY_BYTES' },
      { name: 'DATABSE_URL', meant: 'DATABASE_URL' },
      { name: 'LOGLEVEL', meant: 'LOG_LEVEL' },
      { name: 'LOSSMETER_PORT', meant: 'PORT' },
      { name: 'LOSSMETER_MAX_BODY_BYTES', meant: 'MAX_BODY_BYTES' },
      { name: 'trust_proxy', meant: 'TRUST_PROXY' },
    ],
  )
  t.same(misspelt({ LOSSMETER_PORT: 'tcp://10.0.0.1:80', port: '1' }), [], 'as Kubernetes sets it for a Service')
})

const milliseconds = 'it must be a whole number from 1 to 86400000'
const millisecondsOrNone = 'it must be a whole number from 0 to 86400000'
const refusals: Record<string, [string[], string]> = {
  PORT: [['abc', '65536', '-1', '1.5', 'Infinity', '3000tcp', 'NaN'], 'it must be a whole number from 0 to 65535'],
  WORKERS: [['0', '257', '1.5', 'all', 'AUTO'], 'it must be auto, or a whole number from 1 to 256'],
  LOG_LEVEL: [
    ['loud', 'INFO'],
    'Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"',
  ],
  MAX_BODY_BYTES: [['1023', '2147483649', '1e99', '64MB'], 'it must be a whole number from 1024 to 2147483648'],
  MAX_IN_FLIGHT_BYTES: [['4095', '1e13', '-'], 'it must be a whole number from 4096 to 1099511627776'],
  MAX_COMPUTE_MS: [['0', 'x'], milliseconds],
  MAX_REQUESTS_IN_FLIGHT: [['0', '1000001'], 'it must be a whole number from 1 to 1000000'],
  MAX_CONNECTIONS: [['0', '1.5'], 'it must be a whole number from 1 to 1000000'],
  MAX_CONNECTIONS_PER_ADDRESS: [['0', '-1'], 'it must be a whole number from 1 to 1000000'],
  REQUEST_TIMEOUT_MS: [['0', '-1', '2m'], milliseconds],
  ANSWER_TIMEOUT_MS: [['0', '-1'], milliseconds],
  HEADERS_TIMEOUT_MS: [['0', '-1', '0.5'], milliseconds],
  KEEP_ALIVE_TIMEOUT_MS: [['0', '-1', '1e99'], milliseconds],
  SHUTDOWN_DELAY_MS: [['-1', '86400001'], millisecondsOrNone],
  SHUTDOWN_TIMEOUT_MS: [['-1', 'null'], millisecondsOrNone],
  REQUESTS_PER_MINUTE: [['-1', 'x'], 'it must be a whole number from 0 to 1000000000'],
  BYTES_PER_MINUTE: [['-1', '1e99'], 'it must be a whole number from 0 to 1125899906842624'],
  TRUST_PROXY: [
    ['0', '100', 'true', '*', 'proxy.example', '10.0.0.0/33', 'fd00::/129', '10.0.0.1,', '10.0.0.0/8/8'],
    'it must be the number of proxies, or their addresses and networks, comma-separated',
  ],
  BASE_PATH: [
    ['/', 'a', '/a/', '/a//b', '/a b', '/a?b', 'http://a/b'],
    'it must be a path such as /lossmeter, without a slash at the end',
  ],
  OIDC_ISSUER: [
    [
      'login.example',
      'ftp://a.example',
      'https://a.example?b',
      'https://a.example/#',
      'https://a|b',
      'https://a.example b',
    ],
    'it must be a URL such as https://login.example/realm, without query or fragment',
  ],
  OTEL_EXPORTER_OTLP_ENDPOINT: [
    ['collector:4318', 'grpc://collector', 'http://', 'http:///v1', 'http://a b'],
    'it must be a URL such as http://collector.example:4318',
  ],
  CORS_ORIGIN: [
    [',', 'https://a.example,', '*,https://a.example', 'https://a.example/', 'a.example', 'null', 'https://A.example'],
    'it must be *, or origins such as https://app.example, without a path, comma-separated',
  ],
}

for (const [name, [values, why]] of Object.entries(refusals)) {
  test(`${name} that cannot be used`, async (t) => {
    for (const value of values) t.equal(refusal({ [name]: value }), `${name}=${value}: ${why}`)
  })
}

test('a body that the memory could never hold', async (t) => {
  const remedy = (memory: number, body: number, least: number, most: number) =>
    `MAX_IN_FLIGHT_BYTES=${memory}: too small for a body of MAX_BODY_BYTES=${body}; set MAX_IN_FLIGHT_BYTES to at least ${least}, or MAX_BODY_BYTES to at most ${most}`
  const table: [Record<string, string>, string | undefined][] = [
    [{ MAX_IN_FLIGHT_BYTES: '268435455' }, remedy(268_435_455, 67_108_864, 268_435_456, 67_108_863)],
    [{ MAX_IN_FLIGHT_BYTES: '268435456' }, undefined],
    [{ MAX_BODY_BYTES: '134217729' }, remedy(536_870_912, 134_217_729, 536_870_916, 134_217_728)],
    [{ MAX_BODY_BYTES: '134217728' }, undefined],
    [{ MAX_BODY_BYTES: '2000', MAX_IN_FLIGHT_BYTES: '4096' }, remedy(4096, 2000, 8000, 1024)],
  ]
  for (const [variables, expected] of table) t.equal(refusal(variables), expected)
})

test('several workers', async (t) => {
  t.equal(parseConfig({ WORKERS: 'auto', MAX_IN_FLIGHT_BYTES: '1099511627776' }).WORKERS, availableParallelism())
  t.equal(
    refusal({ WORKERS: '2', DATABASE_URL: 'memory:' }),
    'DATABASE_URL=memory: would give each of WORKERS=2 its own evaluations; set DATABASE_URL to sqlite:PATH, or WORKERS to 1',
  )
  t.equal(refusal({ WORKERS: '2' }), undefined)
  t.equal(
    refusal({ WORKERS: '3' }),
    'MAX_IN_FLIGHT_BYTES=536870912: too small for a body of MAX_BODY_BYTES=67108864 in the share of one of WORKERS=3; set MAX_IN_FLIGHT_BYTES to at least 805306368, or MAX_BODY_BYTES to at most 44739242, or WORKERS to at most 2',
  )
  t.equal(
    refusal({ WORKERS: '2', MAX_IN_FLIGHT_BYTES: '5000' }),
    'MAX_IN_FLIGHT_BYTES=5000: too small for a body of MAX_BODY_BYTES=67108864 in the share of one of WORKERS=2; set MAX_IN_FLIGHT_BYTES to at least 536870912, or MAX_BODY_BYTES to at most 625',
  )
})

test('proxies may be a number', async (t) => {
  for (const TRUST_PROXY of ['1', '99', '::1', '10.0.0.1']) t.match(parseConfig({ TRUST_PROXY }), { TRUST_PROXY })
})

test('an issuer without an audience, and an audience without an issuer', async (t) => {
  t.equal(
    refusal({ OIDC_ISSUER: 'https://a.example' }),
    'OIDC_ISSUER=https://a.example: tokens issued for other services must be rejected; set OIDC_AUDIENCE to the "aud" of the tokens for lossmeter',
  )
  t.equal(
    refusal({ OIDC_AUDIENCE: 'a' }),
    'OIDC_AUDIENCE=a: it has no effect without OIDC_ISSUER; set OIDC_ISSUER as well',
  )
  t.equal(refusal({ OIDC_ISSUER: 'https://a.example', OIDC_AUDIENCE: 'a' }), undefined)
})

test('a certificate without a key, and a key without a certificate', async (t) => {
  t.equal(
    refusal({ TLS_CERT_FILE: 'a' }),
    'TLS_CERT_FILE=a: a certificate needs its private key; set TLS_KEY_FILE as well',
  )
  t.equal(
    refusal({ TLS_KEY_FILE: 'a' }),
    'TLS_KEY_FILE=a: it has no effect without TLS_CERT_FILE; set TLS_CERT_FILE as well',
  )
  t.equal(refusal({ TLS_CERT_FILE: 'a', TLS_KEY_FILE: 'b' }), undefined)
})

test('several bad variables are named at once', async (t) => {
  t.equal(
    refusal({ PORT: 'x', HOST: 'localhost', MAX_BODY_BYTES: '1', HEADERS_TIMEOUT_MS: 'y' }),
    `PORT=x: it must be a whole number from 0 to 65535
MAX_BODY_BYTES=1: it must be a whole number from 1024 to 2147483648
HEADERS_TIMEOUT_MS=y: ${milliseconds}`,
  )
})

test('every variable says what it is for', async (t) => {
  for (const [name, schema] of Object.entries(environment.shape)) t.match(schema.description, /^\w.{10,}[^.]$/, name)
})
