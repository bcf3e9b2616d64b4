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
      'DigestMismatch: A sha-512 digest has 64 bytes; the one in Content-Digest has 32.',
    ],
    ['sha-256=::', 'DigestMismatch: A sha-256 digest has 32 bytes; the one in Content-Digest has 0.'],
    [
      `sha-512=:${sha512.replace(/^../, 'AA')}:`,
      'DigestMismatch: The sha-512 digest of the body differs from the one in Content-Digest.',
    ],
    [`sha-256=:${'A'.repeat(43)}=:, sha-256=:${sha256}:`, 'none'],
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

test('a body is hashed once an algorithm, however many digests a header lists', async (t) => {
  const chunk = Buffer.alloc(2 ** 20)
  const cost = (header: string) => {
    const digest = new ContentDigest(header)
    const before = process.threadCpuUsage()
    for (let at = 0; at < 16; at++) digest.update(chunk)
    const { user, system } = process.threadCpuUsage(before)
    return user + system
  }
  const member = `sha-256=:${sha256}:`
  const one = Math.min(...[1, 2, 3].map(() => cost(member)))
  const many = Math.min(...[1, 2, 3].map(() => cost(new Array(250).fill(member).join(','))))
  t.ok(many < 4 * one + 1000, `${many} us for 250 digests, ${one} us for one`)
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
