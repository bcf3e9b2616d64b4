import { isIPv4 } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../config.ts'
import { ConfigError } from '../config.ts'
import type { Authorities } from './authenticator.ts'
import { Issuer } from './issuer.ts'
import { KeyFile } from './key-file.ts'
import type { KeysUnusable } from './keys.ts'

export interface Access extends Authorities {
  close(): void
}

type AccessConfig = Pick<Config, 'HOST' | 'API_KEYS_FILE' | 'OIDC_ISSUER' | 'OIDC_AUDIENCE'>

/**
 * Opens the keys and the issuer of the configuration; undefined without either, which the log warns of on a public host.
 *
 * @throws ConfigError
 */
export async function openAccess(config: AccessConfig, log: FastifyBaseLogger): Promise<Access | undefined> {
  const { HOST, API_KEYS_FILE: path, OIDC_ISSUER: name, OIDC_AUDIENCE: audience } = config
  if (path === undefined && name === undefined) {
    if (!isLoopback(HOST))
      log.warn({ host: HOST }, 'anyone who can reach the service may use it: set API_KEYS_FILE or OIDC_ISSUER')
    return undefined
  }
  const keys = path === undefined ? undefined : await keyFile(path, log)
  const issuer = name === undefined || audience === undefined ? undefined : new Issuer({ issuer: name, audience, log })
  // the issuer may start later, and keys work without it
  void issuer?.renew()
  return {
    keys,
    issuer,
    close: () => {
      keys?.close()
      issuer?.close()
    },
  }
}

async function keyFile(path: string, log: FastifyBaseLogger): Promise<KeyFile> {
  try {
    return await KeyFile.open(path, log)
  } catch (error) {
    throw new ConfigError(`API_KEYS_FILE=${path}: ${(error as KeysUnusable).message}`)
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
