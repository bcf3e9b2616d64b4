import { execFile } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'tap'
import { isAlive } from '../src/health-check.ts'
import { serve } from './formats/support.ts'
import { writeCertificate } from './wire/certificates.ts'

const script = new URL('../src/health-check.ts', import.meta.url).pathname

function exitCode(variables: Record<string, string>): Promise<unknown> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { env: { ...process.env, ...variables } }, (error) =>
      resolve(error?.code ?? 0),
    )
  })
}

test('a service that answers, by HTTP and by HTTPS', async (t) => {
  const plain = await serve(t)
  t.equal(await isAlive({ PORT: ` ${plain.port} ` }), true)
  t.equal(await exitCode({ PORT: String(plain.port) }), 0)
  const variables = writeCertificate(t.testdir({}))
  const { port } = await serve(t, variables)
  t.equal(await isAlive({ PORT: String(port), ...variables }), true)
  t.equal(await isAlive({ PORT: String(port) }), false)
})

test('nobody, and somebody who says nothing', async (t) => {
  t.equal(await exitCode({ PORT: '1' }), 1)
  t.type(await isAlive({}), 'boolean')
  const mute = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => mute.close())
  t.equal(await isAlive({ PORT: String((mute.address() as AddressInfo).port) }), false)
})
