import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { appOf, listener } from '../../support.ts'
import { threeClasses } from './support.ts'

const key = 'key-of-ann'

function keyFile(t: { after(remove: () => void): unknown }): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'keys.json')
  writeFileSync(path, JSON.stringify([{ name: 'ann', sha256: hash('sha256', key), scopes: ['read', 'write'] }]))
  return path
}

type Method = 'PUT' | 'PATCH' | 'DELETE'

async function send(app: FastifyInstance, id: string, method: Method, name: string, content?: object): Promise<number> {
  const { statusCode } = await app.inject({
    method,
    url: `/v1/evaluations/${name}`,
    remoteAddress: '192.0.2.7',
    headers: {
      'x-request-id': id,
      authorization: `Bearer ${key}`,
      ...(content && { 'content-type': 'application/json' }),
    },
    ...(content && { payload: JSON.stringify(content) }),
  })
  return statusCode
}

function audited(lines: readonly string[]): object[] {
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ audit }) => audit !== undefined)
    .map(({ time, pid, hostname, ...line }) => line)
}

test('what is declared, changed, sealed and deleted is logged with who did it, from where and by which request', async (t) => {
  const { lines, logger } = listener()
  const app = await appOf(t, { API_KEYS_FILE: keyFile(t) }, logger)
  const more = { ...threeClasses, expectedBatches: 1 }
  t.equal(await send(app, 'one', 'PUT', 'run', threeClasses), 201)
  t.equal(await send(app, 'again', 'PUT', 'run', threeClasses), 200)
  t.equal(await send(app, 'otherwise', 'PUT', 'run', more), 409)
  t.equal(await send(app, 'two', 'PATCH', 'run', { status: 'sealed' }), 200)
  t.equal(await send(app, 'sealed before', 'PATCH', 'run', { status: 'sealed' }), 200)
  t.equal(await send(app, 'three', 'DELETE', 'run'), 204)
  t.equal(await send(app, 'nothing', 'DELETE', 'run'), 404)
  t.equal(await send(app, 'four', 'PUT', 'other', more), 201)
  t.equal(await send(app, 'incomplete', 'PATCH', 'other', { status: 'sealed' }), 409)
  t.equal(await send(app, 'five', 'PATCH', 'other', { metadata: { a: 'b' } }), 200)
  t.equal(await send(app, 'the same', 'PATCH', 'other', { metadata: { a: 'b' } }), 200)
  const by = { level: 30, owner: 'ann', key: hash('sha256', key).slice(0, 12), address: '192.0.2.7' }
  t.same(audited(lines), [
    { ...by, audit: 'declare', evaluation: 'run', requestId: 'one', msg: 'an evaluation was declared' },
    { ...by, audit: 'seal', evaluation: 'run', requestId: 'two', msg: 'an evaluation was sealed' },
    { ...by, audit: 'delete', evaluation: 'run', requestId: 'three', msg: 'an evaluation was deleted' },
    { ...by, audit: 'declare', evaluation: 'other', requestId: 'four', msg: 'an evaluation was declared' },
    {
      ...by,
      audit: 'metadata',
      evaluation: 'other',
      requestId: 'five',
      msg: 'the metadata of an evaluation were changed',
    },
  ])
  t.notMatch(lines.join(''), key)
})
