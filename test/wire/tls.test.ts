import { X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { SecureVersion } from 'node:tls'
import { connect } from 'node:tls'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { test } from 'tap'
import { Tls, TlsUnusable } from '../../src/wire/tls.ts'
import { eventually } from '../eventually.ts'
import { appOf, listener } from '../support.ts'
import { certificate, writeCertificate } from './certificates.ts'

const first = certificate('first')
const second = certificate('second')

function expiryOf(cert: string): number {
  return Date.parse(new X509Certificate(cert).validTo)
}

test('without a certificate there is no TLS', async (t) => {
  t.equal(await Tls.open({ TLS_CERT_FILE: undefined, TLS_KEY_FILE: undefined }), undefined)
})

test('what cannot be used from the start is refused with the remedy', async (t) => {
  const folder = t.testdir({
    'empty.pem': '',
    'ca.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  })
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key } = writeCertificate(folder, first)
  const other = join(folder, 'other.key')
  writeFileSync(other, second.key)
  // the leaf is right; OpenSSL meets what follows
  const chain = join(folder, 'chain.pem')
  writeFileSync(chain, `${first.cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`)
  const none = join(folder, 'none')
  const empty = join(folder, 'empty.pem')
  const table: [cert: string, key: string, message: string | RegExp][] = [
    [none, key, `TLS_CERT_FILE=${none}: it cannot be read: ENOENT; it must be a file that the service can read`],
    [cert, folder, `TLS_KEY_FILE=${folder}: it cannot be read: EISDIR; it must be a file that the service can read`],
    [
      empty,
      key,
      `TLS_CERT_FILE=${empty}: it must contain a certificate in PEM, followed by the certificates that signed it`,
    ],
    [cert, empty, `TLS_KEY_FILE=${empty}: it must be a private key in PEM without a passphrase`],
    [
      cert,
      other,
      `TLS_KEY_FILE=${other}: it is not the key of the certificate in TLS_CERT_FILE=${cert}; set both to files that belong together`,
    ],
    [chain, key, /chain\.pem: OpenSSL rejects it: /],
  ]
  for (const [TLS_CERT_FILE, TLS_KEY_FILE, message] of table) {
    const opened = Tls.open({ TLS_CERT_FILE, TLS_KEY_FILE })
    await t.rejects(opened, typeof message === 'string' ? new TlsUnusable(message) : { message })
  }
})

test('a new certificate is taken; one that cannot be used is told of, and the old one stays', async (t) => {
  const folder = t.testdir({})
  const tls = await Tls.open(writeCertificate(folder, first))
  if (tls === undefined) throw new Error('there is a certificate')
  t.teardown(() => tls.close())
  t.match(tls.options, { ...first, minVersion: 'TLSv1.2' })
  t.equal(tls.expires, expiryOf(first.cert))
  const { lines, logger } = listener()
  const last = () => JSON.parse(lines.at(-1) ?? '{}')
  const taken: unknown[] = []
  tls.renew({ setSecureContext: ({ cert }) => taken.push(cert) }, logger, 5)

  writeFileSync(join(folder, 'tls.key'), second.key)
  t.ok(await eventually(() => last().level === 50))
  t.match(last(), {
    reason: /it is not the key of the certificate/,
    msg: 'the certificate or its key is invalid; the previous ones remain in use',
  })
  t.same(taken, [])

  writeCertificate(folder, second)
  t.ok(await eventually(() => taken.length === 1))
  t.same(taken, [second.cert])
  t.equal(tls.expires, expiryOf(second.cert))
  t.ok(await eventually(() => last().level === 30))

  rmSync(join(folder, 'tls.crt'))
  t.ok(await eventually(() => /ENOENT/.test(last().reason)))
  tls.close()
})

async function serveTls(
  t: Test,
  variables: Record<string, string> = {},
): Promise<{ app: FastifyInstance; port: number; folder: string }> {
  const folder = t.testdir({})
  const app = await appOf(
    { after: (release) => t.after(release) },
    { ...writeCertificate(folder, first), ...variables },
  )
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, folder, port: (app.server.address() as AddressInfo).port }
}

/** Sends a body in pieces of so many bytes. @returns the status and the body of the answer */
function send(
  port: number,
  headers: OutgoingHttpHeaders,
  body: Buffer,
  pieceBytes: number,
  agent: Agent,
): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path: '/v1/loss', method: 'POST', headers, agent }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('end', () => resolve([Number(response.statusCode), Buffer.concat(pieces).toString()]))
    })
    sent.on('error', reject)
    for (let at = 0; at < body.length; at += pieceBytes) sent.write(body.subarray(at, at + pieceBytes))
    sent.end()
  })
}

test('bodies that come under TLS give the same bits, however many come at a time and in whatever pieces', async (t) => {
  const { app, port } = await serveTls(t)
  const rows = 100_000
  const predictions = Float64Array.from({ length: rows }, (_, at) => Math.sin(at) * 3)
  const labels = Float64Array.from({ length: rows }, (_, at) => Math.cos(at * 1.7))
  const options = { loss: 'mse', labelFormat: 'values' }
  const json = Buffer.from(JSON.stringify({ ...options, predictions: [...predictions], labels: [...labels] }))
  const tensor = (name: string) => ({
    name,
    shape: [rows, 1],
    datatype: 'FP64',
    parameters: { binary_data_size: 8 * rows },
  })
  const header = Buffer.from(JSON.stringify({ parameters: options, inputs: [tensor('predictions'), tensor('labels')] }))
  const binary = Buffer.concat([header, Buffer.from(predictions.buffer), Buffer.from(labels.buffer)])
  const jsonHeaders = { 'content-type': 'application/json' }
  const bodies: [OutgoingHttpHeaders, Buffer][] = [
    [jsonHeaders, json],
    [{ 'content-type': 'application/octet-stream', 'inference-header-content-length': header.length }, binary],
    [{ ...jsonHeaders, 'content-encoding': 'gzip' }, gzipSync(json)],
  ]
  const expected = await app.inject({ method: 'POST', url: '/v1/loss', headers: jsonHeaders, payload: json })
  const agent = new Agent({ ca: first.cert, keepAlive: true, maxSockets: 6 })
  t.teardown(() => agent.destroy())
  const answers = await Promise.all(
    [1 << 20, 65_536, 16_384, 5000].flatMap((pieceBytes) =>
      bodies.map(([headers, body]) => send(port, headers, body, pieceBytes, agent)),
    ),
  )
  for (const [status, text] of answers) {
    t.equal(status, 200, text.slice(0, 300))
    t.same({ ...JSON.parse(text), requestId: '' }, { ...expected.json(), requestId: '' })
  }
})

test('TLS 1.2 and 1.3 are spoken, older ones are not; a new certificate is for new connections', async (t) => {
  const { app, port, folder } = await serveTls(t)
  const shake = (minVersion: SecureVersion, maxVersion = minVersion, ca = first.cert) =>
    new Promise((resolve) => {
      // what is older than TLS 1.2 needs a client that would lower its own guard
      const socket = connect({ port, host: '127.0.0.1', ca, minVersion, maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' })
      socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
      socket.on('close', () => resolve('closed'))
      socket.on('secureConnect', () => {
        resolve([socket.getProtocol(), socket.getPeerCertificate().subject.CN])
        socket.destroy()
      })
    })
  t.same(await shake('TLSv1.2'), ['TLSv1.2', 'first'])
  t.same(await shake('TLSv1.3'), ['TLSv1.3', 'first'])
  t.match(await shake('TLSv1.1'), /^ERR_SSL_|^closed|^ECONNRESET/)
  writeCertificate(folder, second)
  let seen: unknown
  while (!/second/.test(JSON.stringify(seen))) seen = await shake('TLSv1.3', 'TLSv1.3', second.cert)
  t.same(seen, ['TLSv1.3', 'second'])
  t.ok(await eventually(() => app.connections.size === 0), 'whoever leaves in the midst of a handshake is gone')
})
