import { join } from 'node:path'
import { test } from 'tap'
import { openAccess } from '../../src/access/open.ts'
import { ConfigError, parseConfig } from '../../src/config.ts'
import { eventually } from '../eventually.ts'
import { listener } from '../support.ts'

test('without keys everybody may come, and the log warns when others can reach the service', async (t) => {
  for (const [host, warns] of [
    ['127.0.0.1', false],
    ['127.1.2.3', false],
    ['localhost', false],
    ['::1', false],
    ['0.0.0.0', true],
    ['::', true],
    ['127.example', true],
    ['192.168.0.1', true],
  ] as const) {
    const { lines, logger } = listener()
    t.equal(await openAccess(parseConfig({ HOST: host }), logger), undefined)
    const msg = 'anyone who can reach the service may use it: set API_KEYS_FILE or OIDC_ISSUER'
    t.match(
      lines.map((line) => JSON.parse(line)),
      warns ? [{ level: 40, host, msg }] : [],
      host,
    )
    t.equal(lines.length, warns ? 1 : 0)
  }
})

test('a file of keys that cannot be used is told of at the start', async (t) => {
  const path = join(t.testdir({ 'keys.json': '[5]' }), 'keys.json')
  const { logger } = listener()
  const message = `API_KEYS_FILE=${path}: entry 1: it must be an object`
  await t.rejects(openAccess(parseConfig({ API_KEYS_FILE: path }), logger), new ConfigError(message))
})

test('keys and tokens are asked for', async (t) => {
  const path = join(t.testdir({ 'keys.json': '[]' }), 'keys.json')
  const { lines, logger } = listener()
  const variables = { API_KEYS_FILE: path, OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'a' }
  const both = await openAccess(parseConfig(variables), logger)
  t.ok(both?.keys)
  t.ok(both?.issuer)
  t.ok(await eventually(() => lines.some((line) => line.includes('the token issuer does not respond'))))
  both?.close()
  const keys = await openAccess(parseConfig({ HOST: '0.0.0.0', API_KEYS_FILE: path }), logger)
  t.same([keys?.keys !== undefined, keys?.issuer], [true, undefined])
  keys?.close()
  const { API_KEYS_FILE: _, ...rest } = variables
  const tokens = await openAccess(parseConfig(rest), logger)
  t.same([tokens?.keys, tokens?.issuer !== undefined], [undefined, true])
  tokens?.close()
  t.notOk(lines.some((line) => line.includes('everybody')))
})
