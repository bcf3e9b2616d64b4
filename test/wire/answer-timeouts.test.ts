import { test } from 'tap'
import { AnswerTimeouts } from '../../src/wire/answer-timeouts.ts'
import { eventually } from '../eventually.ts'
import { Client, get, served } from './support.ts'

const mebibyte = 2 ** 20

/** Numbers of a connection, and whether it is cut by checks at some times. */
function answering(bytesWritten: number, writableLength: number) {
  const state = { isCut: false }
  const socket = { bytesWritten, writableLength, destroy: () => Object.assign(state, { isCut: true }) as never }
  const connection = { exchange: { response: { writableLength: 0 } }, socket }
  const timeouts = new AnswerTimeouts([connection], 1000)
  const cutAt = (now: number) => {
    timeouts.check(now)
    return state.isCut
  }
  return { connection, cutAt }
}

test('a client that takes nothing is cut after the time for a MiB', async (t) => {
  const { cutAt } = answering(5000, 1000)
  t.same([0, 500, 1000, 1001].map(cutAt), [false, false, false, true])
})

test('each MiB of an answer has that time, whatever was taken of earlier ones', async (t) => {
  const { connection, cutAt } = answering(100e6 + 3.5 * mebibyte, 3.5 * mebibyte)
  t.equal(cutAt(0), false)
  connection.socket.writableLength = 0
  connection.exchange.response.writableLength = 1
  t.same([4000, 4001].map(cutAt), [false, true])
})

test('the time begins anew when the client has taken all there is', async (t) => {
  const { connection, cutAt } = answering(5000, 1000)
  t.equal(cutAt(0), false)
  connection.socket.writableLength = 0
  t.equal(cutAt(900), false)
  connection.socket.writableLength = 1000
  t.same([1800, 2800, 2801].map(cutAt), [false, false, true])
})

test('a client that never reads its answer is cut', async (t) => {
  const answer = Buffer.alloc(50e6)
  const { connections, port } = await served(t, (_request, response) => response.end(answer), { answerTimeoutMs: 20 })
  const client = new Client(t, port)
  client.socket.pause()
  client.say(get('/'))
  for (const size of [1, 0]) t.ok(await eventually(() => connections.size === size))
})
