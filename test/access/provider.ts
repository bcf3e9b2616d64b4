import { once } from 'node:events'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK } from 'jose'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

export const audience = 'https://lossmeter.example'

export type Algorithm = 'RS256' | 'ES256' | 'EdDSA'

/** A private key of its own for an algorithm. */
export async function signingKey(alg: Algorithm, kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), alg, kid, use: 'sig' }
}

export interface RunningProvider {
  readonly issuer: string
  /** An access token as a client gets it. */
  token(alg: Algorithm, scope: string): Promise<string>
  close(): Promise<void>
}

/** The OpenID provider of the package oidc-provider, with these keys. It signs for one client, "trainer". */
export async function runProvider(keys: readonly JWK[], port = 0): Promise<RunningProvider> {
  const server = createServer((request, response) => void listener(request, response))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  // what a test closes at its end must not keep it from ending
  server.unref()
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const listener = providerOf(issuer, keys).callback()
  const token = async (alg: Algorithm, scope: string): Promise<string> => {
    const form = {
      grant_type: 'client_credentials',
      client_id: 'trainer',
      client_secret: 'secret',
      scope,
      resource: `urn:${alg}`,
    }
    const answer = await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
    const { access_token } = (await answer.json()) as { access_token: string }
    return access_token
  }
  return { issuer, token, close: () => closed(server) }
}

function providerOf(issuer: string, keys: readonly JWK[]): Provider {
  return new Provider(issuer, {
    jwks: { keys },
    scopes: ['evaluate', 'read', 'write', 'metrics', 'else'],
    clients: [
      {
        client_id: 'trainer',
        client_secret: 'secret',
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, resource) => ({
          audience,
          scope: 'evaluate read write metrics else',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: resource.slice('urn:'.length) as Algorithm } },
        }),
      },
    },
  })
}

export async function closed(server: Server): Promise<void> {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
}
