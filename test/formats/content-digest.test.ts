import { createHash } from 'node:crypto'
import { test } from 'tap'
import { ContentDigest } from '../../src/formats/content-digest.ts'
import { BodyError } from '../../src/formats/errors.ts'

const body = Buffer.from('{"hello": "world"}')
const sha256 = createHash('sha256').update(body).digest('base64')
const sha512 = createHash('sha512').update(body).digest('base64')

function check(header: string, bytes: Buffer = body): void {
  const digest = new ContentDigest(header)
  for (const byte of bytes) digest.update(Uint8Array.of(byte))
  digest.check()
}

function errorOf(work: () => void): string {
  try {
    work()
    return 'none'
  } catch (error) {
    return error instanceof BodyError ? `${error.constructor.name}: ${error.message}` : String(error)
  }
}

test('the example of RFC 9530 is that of the same bytes', async (t) => {
  t.equal(sha256, 'X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=')
  t.equal(
    errorOf(() => check('sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:')),
    'none',
  )
})

test('every digest that is known is checked, and others are passed over', async (t) => {
  const cases: [string, string][] = [
    [`sha-256=:${sha256}:`, 'none'],
    [`sha-512=:${sha512}:, sha-256=:${sha256}:`, 'none'],
    ['md5=:Sd/dVLAcvNLSq16eXua5uQ==:', 'none'],
    ['unixsum=::', 'none'],
    [
      `sha-256=:${sha256}:,sha-512=:${sha256}:`,
      'DigestMismatch: The sha-512 digest of the body is not the one in Content-Digest.',
    ],
    ['sha-256=::', 'DigestMismatch: The sha-256 digest of the body is not the one in Content-Digest.'],
  ]
  for (const [header, expected] of cases)
    t.equal(
      errorOf(() => check(header)),
      expected,
      header,
    )
  t.match(
    errorOf(() => check(`sha-256=:${sha256}:`, body.subarray(1))),
    'DigestMismatch',
  )
})

test('what is no list of digests is refused', async (t) => {
  const expected = 'MalformedDigest: Content-Digest must be a list of digests such as sha-256=:BASE64: (RFC 9530).'
  for (const header of [
    '',
    sha256,
    `sha-256=${sha256}`,
    `sha-256=:${sha256}:,`,
    'sha-256=:?:',
    `SHA-256=:${sha256}:`,
  ]) {
    t.equal(
      errorOf(() => check(header)),
      expected,
      header,
    )
  }
})
