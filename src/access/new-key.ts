import { hash, randomBytes } from 'node:crypto'
import { readKeys } from './keys.ts'

const usage = 'Usage: npm run key -- NAME SCOPE...\nScopes: evaluate, read, write, metrics'

export interface NewKey {
  /** The secret that the client sends. Its prefix lets secret scanners find it. */
  readonly key: string
  readonly entry: string
}

export function newKey(name: string, scopes: readonly string[]): NewKey {
  const key = `lm_${randomBytes(32).toString('base64url')}`
  const entry = JSON.stringify({ name, sha256: hash('sha256', key), scopes })
  readKeys(`[${entry}]`).next()
  return { key, entry }
}

/** The output of `npm run key` for its arguments, and its exit code. */
export function printed([name, ...scopes]: readonly string[]): { out: string; err: string; code: number } {
  if (name === undefined || scopes.length === 0) return { out: '', err: `${usage}\n`, code: 1 }
  try {
    const { key, entry } = newKey(name, scopes)
    const out = `The key (it is shown only once):\n\n  ${key}\n\nThe entry for API_KEYS_FILE, which contains an array of such entries:\n\n  ${entry}\n`
    return { out, err: '', code: 0 }
  } catch (error) {
    return { out: '', err: `${(error as Error).message}\n${usage}\n`, code: 1 }
  }
}

if (import.meta.main) {
  const { out, err, code } = printed(process.argv.slice(2))
  process.stdout.write(out)
  process.stderr.write(err)
  process.exitCode = code
}
