import { test } from 'tap'
import { Resources } from '../../src/http/request-context.ts'
import { sendJson } from '../../src/http/send-json.ts'
import { limits } from '../formats/support.ts'
import { bare } from './plugins/support.ts'

test('an answer is JSON, whatever its size', async (t) => {
  const many = Array.from({ length: 50_000 }, (_, at) => ({ at, third: at / 3, name: 'é"' }))
  for (const answer of [{ loss: 0.5 }, [], { many, nothing: undefined }]) {
    const app = bare(t)
    const { task } = new Resources(limits()).open('a')
    app.get('/', (_, reply) => sendJson(reply.code(201), task, answer))
    const { statusCode, headers, body } = await app.inject('/')
    t.same([statusCode, headers['content-type']], [201, 'application/json; charset=utf-8'])
    t.equal(body, JSON.stringify(answer))
    t.equal(headers['content-length'], String(Buffer.byteLength(body)))
  }
})

test('others have their turn while a large answer is written', async (t) => {
  const app = bare(t)
  const { task } = new Resources(limits()).open('a')
  const answer = Array.from({ length: 1_000_000 }, (_, at) => at / 7)
  app.get('/', (_, reply) => sendJson(reply, task, answer))
  let turns = 0
  const others = setInterval(() => turns++, 1)
  const { body } = await app.inject('/')
  clearInterval(others)
  t.equal(body.length, JSON.stringify(answer).length)
  t.ok(turns > 5, `${turns} turns`)
})

test('an answer that nobody waits for any more is not sent', async (t) => {
  const app = bare(t)
  const work = new Resources(limits()).open('a')
  app.get('/', (_, reply) => sendJson(reply, work.task, { loss: 1 }))
  work.giveWay(new Error('no room'))
  t.equal((await app.inject('/')).statusCode, 500)
})
