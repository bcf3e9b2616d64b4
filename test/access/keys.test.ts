import crypto, { createHash } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'tap'
import type { KeyRing } from '../../src/access/keys.ts'
import { KeysUnusable, readKeys } from '../../src/access/keys.ts'
import { finish } from '../loss/support.ts'

function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

const ci = { name: 'ci', sha256: sha256('lm_a'), scopes: ['read', 'write'] }

function ringOf(text: string): KeyRing {
  return finish(readKeys(text))
}

test('a key is found by its hash', async (t) => {
  const limited = {
    name: 'Ünï 💡',
    sha256: sha256('ü').toUpperCase(),
    scopes: [],
    requestsPerMinute: 5,
    bytesPerMinute: 9,
  }
  const keys = ringOf(JSON.stringify([ci, { ...ci, sha256: sha256('lm_b') }, limited]))
  t.equal(keys.size, 3)
  for (const key of ['lm_a', 'lm_b', 'lm_a']) t.same(keys.find(key), { owner: 'ci', scopes: ['read', 'write'] })
  t.same(keys.find('ü'), { owner: 'Ünï 💡', scopes: [], requestsPerMinute: 5, bytesPerMinute: 9 })
  for (const key of ['', 'lm_', 'lm_A', 'lm_a ', sha256('lm_a'), 'x'.repeat(100_000)])
    t.equal(keys.find(key), undefined)
  t.equal(ringOf('[]').find('lm_a'), undefined)
})

test('each key is compared in constant time with as many hashes as any other, right or wrong, first or again', async (t) => {
  let compared = 0
  const { timingSafeEqual } = crypto
  crypto.timingSafeEqual = (one, other) => {
    compared++
    return timingSafeEqual(one, other)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    crypto.timingSafeEqual = timingSafeEqual
    syncBuiltinESMExports()
  })
  const names = Array.from({ length: 300 }, (_, at) => `key-${at}`)
  const keys = ringOf(JSON.stringify(names.map((name) => ({ name, sha256: sha256(name), scopes: [] }))))
  const counts = new Set<number>()
  for (const key of [...names, ...names, 'wrong', '', 'x'.repeat(10_000)]) {
    compared = 0
    t.equal(keys.find(key)?.owner, names.includes(key) ? key : undefined)
    counts.add(compared)
  }
  t.equal(counts.size, 1)
  t.notOk(counts.has(0))
})

test('among thousands the right one is found, and none of the others', async (t) => {
  const names = Array.from({ length: 5000 }, (_, at) => `key-${at}`)
  const keys = ringOf(JSON.stringify(names.map((name) => ({ name, sha256: sha256(name), scopes: ['read'] }))))
  for (const name of names) if (keys.find(name)?.owner !== name) t.fail(name)
  for (const name of names) if (keys.find(`${name}x`) !== undefined) t.fail(name)
})

test('what cannot be used says which entry and why, and nothing of a key', async (t) => {
  const digits = 'sha256 must be 64 hexadecimal digits, the SHA-256 of the key'
  const characters = 'name must be a text of 1 to 128 characters'
  const table: [unknown, string][] = [
    ['{', 'it is not valid JSON (line 1 column 2)'],
    ['[{"sha256": lm_geheim}]', 'it is not valid JSON'],
    ['', 'it is not valid JSON'],
    [{}, 'it must be a JSON array with an object for each key'],
    [null, 'it must be a JSON array with an object for each key'],
    [[null], 'entry 1: it must be an object'],
    [[5], 'entry 1: it must be an object'],
    [[ci, { ...ci, name: '' }], `entry 2 (""): ${characters}`],
    [[{ ...ci, name: 5 }], `entry 1: ${characters}`],
    [[{ ...ci, name: 'x'.repeat(129) }], `entry 1 ("${'x'.repeat(128)}"): ${characters}`],
    [[{ ...ci, name: 'a\0' }], 'entry 1 ("a\\u0000"): name must not have control characters or lone surrogates'],
    [[{ ...ci, name: 'a\ud800' }], 'entry 1 ("a\\ud800"): name must not have control characters or lone surrogates'],
    [
      [{ ...ci, name: 'https://a|b' }],
      'entry 1 ("https://a|b"): name must not begin as the owners of tokens do, with http: or https:',
    ],
    [[{ ...ci, sha256: 'lm_geheim' }], `entry 1 ("ci"): ${digits}`],
    [[{ name: 'ci', scopes: [] }], `entry 1 ("ci"): ${digits}`],
    [[{ ...ci, scopes: ['admin'] }], 'entry 1 ("ci"): scopes.0 must be among evaluate, read, write, metrics'],
    [[{ ...ci, scopes: 'read' }], 'entry 1 ("ci"): scopes must be a list'],
    [[{ ...ci, key: 'lm_geheim' }], 'entry 1 ("ci"): key: unknown field'],
    [[{ ...ci, requestsPerMinute: 0 }], 'entry 1 ("ci"): requestsPerMinute must be a whole number from 1'],
    [[{ ...ci, bytesPerMinute: 1.5 }], 'entry 1 ("ci"): bytesPerMinute must be a whole number from 1'],
    [
      [ci, { ...ci, name: 'b', sha256: ci.sha256.toUpperCase() }],
      'entry 2 ("b"): it has the same key as entry 1 ("ci")',
    ],
    [
      [ci, { ...ci, sha256: sha256('b'), requestsPerMinute: 5 }],
      'entry 2 ("ci"): requestsPerMinute and bytesPerMinute must be those of entry 1: keys with the same name share them',
    ],
  ]
  for (const [content, message] of table) {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    t.throws(() => ringOf(text), new KeysUnusable(message), text)
  }
})

test('a list of 10,000 keys is read in steps, each pair of keys and of names being compared by a table', async (t) => {
  const list = Array.from({ length: 10_000 }, (_, at) => ({ name: `key ${at}`, sha256: sha256(`${at}`), scopes: [] }))
  const steps = readKeys(JSON.stringify(list))
  let longest = 0
  for (let done = false; !done; ) {
    const before = process.threadCpuUsage()
    done = steps.next().done === true
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, (user + system) / 1000)
  }
  t.ok(longest < 150, `${longest} ms`)
  const twins = JSON.stringify([...list, { ...list[5], name: 'twin' }])
  t.throws(() => ringOf(twins), new KeysUnusable('entry 10001 ("twin"): it has the same key as entry 6 ("key 5")'))
})
