import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import type { SecureContextOptions, Server } from 'node:tls'
import { createSecureContext } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import { FileTooLong, readTextFile } from '../runtime/read-file.ts'
import { codeOf, WatchedFiles } from '../runtime/watched-files.ts'

export interface TlsVariables {
  readonly TLS_CERT_FILE?: string | undefined
  readonly TLS_KEY_FILE?: string | undefined
}

const mostFileBytes = 2 ** 20

/** A certificate or a key that cannot be used; the message names the variable and the remedy. */
export class TlsUnusable extends Error {}

interface Paths {
  readonly cert: string
  readonly key: string
}

interface Read {
  readonly options: SecureContextOptions
  readonly expires: number
}

/** The certificate and the key of the service, read again when their files change. */
export class Tls {
  readonly options: SecureContextOptions
  readonly #paths: Paths
  readonly #watched: WatchedFiles
  #expires: number

  private constructor(paths: Paths, { options, expires }: Read, watched: WatchedFiles) {
    this.#paths = paths
    this.options = options
    this.#expires = expires
    this.#watched = watched
  }

  /** When the certificate that is in use expires, in milliseconds. */
  get expires(): number {
    return this.#expires
  }

  /** @throws TlsUnusable for files that cannot be used. @returns undefined where the service speaks plain HTTP */
  static async open({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }: TlsVariables): Promise<Tls | undefined> {
    if (cert === undefined || key === undefined) return undefined
    const watched = await WatchedFiles.at(cert, key)
    const paths = { cert, key }
    return new Tls(paths, await read(paths), watched)
  }

  /** Gives a server what the files hold after each change, unless it cannot be used. */
  renew(server: Pick<Server, 'setSecureContext'>, log: FastifyBaseLogger, everyMilliseconds = 1000): void {
    this.#watched.watch(async () => {
      try {
        const { options, expires } = await read(this.#paths)
        server.setSecureContext(options)
        this.#expires = expires
        log.info('reloaded the certificate and its key')
      } catch (error) {
        const reason = (error as Error).message
        log.error({ reason }, 'the certificate or its key is invalid; the previous ones remain in use')
      }
    }, everyMilliseconds)
  }

  close(): void {
    this.#watched.close()
  }
}

async function read({ cert: certPath, key: keyPath }: Paths): Promise<Read> {
  const cert = await textOf('TLS_CERT_FILE', certPath)
  const key = await textOf('TLS_KEY_FILE', keyPath)
  const certificate = attempt(() => new X509Certificate(cert))
  if (certificate === undefined)
    throw new TlsUnusable(
      `TLS_CERT_FILE=${certPath}: it must contain a certificate in PEM, followed by the certificates that signed it`,
    )
  const privateKey = attempt(() => createPrivateKey(key))
  if (privateKey === undefined)
    throw new TlsUnusable(`TLS_KEY_FILE=${keyPath}: it must be a private key in PEM without a passphrase`)
  if (!certificate.checkPrivateKey(privateKey))
    throw new TlsUnusable(
      `TLS_KEY_FILE=${keyPath}: it is not the key of the certificate in TLS_CERT_FILE=${certPath}; set both to files that belong together`,
    )
  const options: SecureContextOptions = {
    cert,
    key,
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  }
  try {
    createSecureContext(options)
  } catch (error) {
    throw new TlsUnusable(`TLS_CERT_FILE=${certPath}: OpenSSL rejects it: ${(error as Error).message}`)
  }
  return { options, expires: certificate.validToDate.getTime() }
}

async function textOf(name: string, path: string): Promise<string> {
  try {
    return await readTextFile(path, mostFileBytes)
  } catch (error) {
    const reason = error instanceof FileTooLong ? error.message : `it cannot be read: ${codeOf(error)}`
    throw new TlsUnusable(`${name}=${path}: ${reason}; it must be a file that the service can read`)
  }
}

function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make()
  } catch {
    return undefined
  }
}
