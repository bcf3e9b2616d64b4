import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { test } from 'tap'
import { readKeys } from '../../src/access/keys.ts'
import { newKey, printed } from '../../src/access/new-key.ts'
import { finish } from '../loss/support.ts'

const script = new URL('../../src/access/new-key.ts', import.meta.url).pathname

test('a key is 32 random bytes, and its entry knows it', async (t) => {
  const { key, entry } = newKey('ci', ['read', 'metrics'])
  t.match(key, /^lm_[\w-]{43}$/)
  t.notMatch(entry, key)
  t.same(finish(readKeys(`[${entry}]`)).find(key), { owner: 'ci', scopes: ['read', 'metrics'] })
  t.not(newKey('ci', ['read']).key, key)
})

test('the script prints both, or how it is used', async (t) => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, 'ci', 'evaluate'])
  t.equal(stderr, '')
  const [, key, entry] = /\n {2}(lm_\S+)\n[^{]*\n {2}(\{.*\})\n$/.exec(stdout) ?? []
  t.same(finish(readKeys(`[${entry}]`)).find(String(key)), { owner: 'ci', scopes: ['evaluate'] })
  const usage = 'Usage: npm run key -- NAME SCOPE...\nScopes: evaluate, read, write, metrics\n'
  t.same(printed([]), { out: '', err: usage, code: 1 })
  t.same(printed(['ci']), { out: '', err: usage, code: 1 })
  const wrong = 'entry 1 ("ci"): scopes.1 must be among evaluate, read, write, metrics\n'
  t.same(printed(['ci', 'read', 'all']), { out: '', err: wrong + usage, code: 1 })
})
