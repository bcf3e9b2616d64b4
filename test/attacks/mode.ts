// How the service runs under attack: as docker-compose.yml has it, and if ATTACKS_WITH or FUZZ_WITH say so, with more.
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scopes } from '../../src/access/needs.ts'
import { writeCertificate } from '../wire/certificates.ts'

const possible = ['keys', 'tls', 'workers'] as const
const asked = (process.env.ATTACKS_WITH || process.env.FUZZ_WITH || '').split(',').filter((name) => name !== '')
const unknown = asked.filter((name) => !possible.some((one) => one === name))
if (unknown.length > 0) throw new Error(`${unknown}: only ${possible} can be asked for`)

/** Whether clients send keys and speak TLS, and several workers answer. */
export const hasKeys = asked.includes('keys')
export const hasTls = asked.includes('tls')
export const hasWorkers = asked.includes('workers')

/** What docker-compose.yml says of memory is for one worker, and twice as much for two. */
export const workers = hasWorkers ? 2 : 1

/** The address of the attackers; others are other clients. */
export const attacker = '127.0.0.1'
const keyOfAttackers = 'lm_of-those-who-attack'
const keyOfOthers = 'lm_of-those-who-go-on'

/** The headers by which a client at this address is known. */
export function credentials(address = attacker): Record<string, string> {
  return hasKeys ? { authorization: `Bearer ${address === attacker ? keyOfAttackers : keyOfOthers}` } : {}
}

/** A folder with what the service needs to run so, and the variables that say it. */
export function prepare(memoryOfOne: string | undefined): { variables: Record<string, string>; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'attacks-'))
  const keys = join(folder, 'keys.json')
  if (hasKeys) writeFileSync(keys, JSON.stringify([entryOf('attacker', keyOfAttackers), entryOf('other', keyOfOthers)]))
  const ofWorkers = {
    WORKERS: String(workers),
    MAX_IN_FLIGHT_BYTES: String(workers * Number(memoryOfOne)),
  }
  return {
    variables: {
      DATABASE_URL: `sqlite:${join(folder, 'lossmeter.sqlite')}`,
      ...(hasKeys && { API_KEYS_FILE: keys }),
      ...(hasTls && writeCertificate(folder)),
      ...(hasWorkers && ofWorkers),
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function entryOf(name: string, key: string): object {
  return { name, sha256: hash('sha256', key), scopes }
}
