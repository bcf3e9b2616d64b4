import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { test } from 'tap'
import { Resources } from '../../src/http/request-context.ts'
import type { TensorNumbers } from '../../src/http/send-tensors.ts'
import { bytesSentOf, sendTensors } from '../../src/http/send-tensors.ts'
import { eventually } from '../eventually.ts'
import { limits } from '../formats/support.ts'
import { bare } from './plugins/support.ts'

const header = { outputs: ['é'] }
const json = Buffer.from(JSON.stringify(header))

function bytesOf(numbers: TensorNumbers): Buffer {
  const all = numbers instanceof Int32Array ? BigInt64Array.from(numbers, BigInt) : numbers
  return Buffer.from(all.buffer, all.byteOffset, all.byteLength)
}

test('the JSON part, then the bytes of the tensors, little-endian', async (t) => {
  const cases: TensorNumbers[][] = [
    [Float64Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY)],
    [Int32Array.of(1, -1, 2 ** 31 - 1, -(2 ** 31)), Float64Array.of(), Float64Array.of(0.1)],
    [Float64Array.from({ length: 50_000 }, (_, at) => at / 7), Int32Array.from({ length: 20_000 }, (_, at) => at - 9)],
  ]
  for (const tensors of cases) {
    const app = bare(t)
    const work = new Resources(limits()).open('a')
    app.get('/', (_, reply) => sendTensors(reply, work, header, tensors))
    const { headers, rawPayload } = await app.inject('/')
    t.ok(rawPayload.equals(Buffer.concat([json, ...tensors.map(bytesOf)])))
    t.match(headers, {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
      'content-length': String(rawPayload.length),
    })
    t.equal(rawPayload.length, json.length + tensors.reduce((sum, numbers) => sum + bytesSentOf(numbers), 0))
  }
})

test('without tensors it is JSON', async (t) => {
  const app = bare(t)
  const work = new Resources(limits()).open('a')
  app.get('/', (_, reply) => sendTensors(reply, work, header, []))
  const { headers, body } = await app.inject('/')
  t.strictSame([headers['content-type'], body], ['application/json; charset=utf-8', json.toString()])
  t.notOk('inference-header-content-length' in headers)
})

test('a large answer waits for a client that does not read, and others have their turn', async (t) => {
  const app = bare(t)
  const work = new Resources(limits()).open('a')
  const numbers = new Float64Array(2 ** 22)
  let answers = 0
  Object.assign(work, { answers: () => answers++ })
  app.get('/', (_, reply) => sendTensors(reply, work, header, [numbers]))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n')
  await once(socket, 'readable')
  t.ok(await eventually(() => answers > 0))
  let last = -1
  // it has come to a stop when nothing is asked for any more
  await eventually(() => {
    const isSame = last === answers
    last = answers
    return isSame
  })
  t.ok(answers < 2 ** 22 / 2 ** 13, `${answers} pieces`)
  let received = 0
  socket.on('data', (bytes: Buffer) => {
    received += bytes.length
  })
  await once(socket, 'end')
  t.ok(received > 8 * 2 ** 22)
  t.equal(answers, 2 ** 22 / 2 ** 13)
})

test('where the slice of others is over, it waits for its turn, and ends when it is abandoned', async (t) => {
  const app = bare(t)
  const work = new Resources(limits()).open('a')
  let pauses = 0
  const { task } = work
  const pause = () => {
    if (++pauses === 3) work.giveWay(new Error('no room'))
    return Reflect.apply(Object.getPrototypeOf(task).pause, task, [])
  }
  Object.defineProperties(task, { isDue: { get: () => true }, pause: { value: pause } })
  app.get('/', (_, reply) => sendTensors(reply, work, header, [new Float64Array(2 ** 20)]))
  await t.rejects(app.inject('/'))
  t.ok(pauses >= 3)
})
