import { once } from 'node:events'
import { mock } from 'node:test'
import type { Test } from 'tap'
import { test } from 'tap'
import { eventually } from '../eventually.ts'
import { Client, get, served } from './support.ts'

/** A server that answers 503 on excess connections and never on `/slow`, and connects clients one after the other. */
async function admitting(t: Test, maxConnections: number, maxConnectionsPerAddress: number) {
  const { connections, port, server } = await served(
    t,
    (request, response) => {
      if (request.url === '/slow') return
      response.writeHead(connections.of(request.socket)?.isExcess ? 503 : 200).end()
    },
    { maxConnections, maxConnectionsPerAddress },
  )
  const open = async (localAddress = '127.0.0.1') => {
    const accepted = once(server, 'connection')
    const client = new Client(t, port, { localAddress })
    await accepted
    return client
  }
  const ask = async (client: Client) => {
    const count = client.statuses.length
    client.say(get('/'))
    await client.answered(count + 1)
    return client.statuses[count]
  }
  return { connections, open, ask }
}

test('connections over the limit of their address are refused, others are not', async (t) => {
  const { open, ask } = await admitting(t, 100, 2)
  const clients: Client[] = []
  for (const last of [1, 1, 1, 2, 1]) clients.push(await open(`127.0.0.${last}`))
  const statuses: unknown[] = []
  for (const client of clients) statuses.push(await ask(client))
  t.same(statuses, [200, 200, 503, 200, 503])
  t.ok(await clients[2].ended(), 'the refusal is the last answer')
})

test('at the limit in all the newest idle connection of the address that has most gives way to one that has far fewer', async (t) => {
  const { connections, open, ask } = await admitting(t, 4, 4)
  const many = [await open(), await open(), await open()]
  const other = await open('127.0.0.2')
  many[2].say(get('/slow'))
  t.ok(await eventually(() => connections.size === 4))
  t.equal(await ask(many[0]), 200)
  const late = await open('127.0.0.3')
  t.ok(await many[1].ended())
  t.same([await ask(late), await ask(other), await ask(many[0])], [200, 200, 200])
  t.equal(await ask(await open('127.0.0.2')), 503, 'half as many are not far fewer')
})

test('at most 128 connections over the limits are kept, and only for 5 s', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { connections, open } = await admitting(t, 1, 1)
  const clients: Client[] = []
  for (let count = 0; count < 129; count++) clients.push(await open())
  t.equal(connections.size, 129)
  const cut = await open()
  await once(cut.socket, 'close')
  t.equal(connections.size, 129)
  mock.timers.tick(4999)
  t.ok(clients.every(({ isEnded }) => !isEnded))
  mock.timers.tick(1)
  mock.timers.reset()
  t.ok(await eventually(() => connections.size === 1))
  t.equal(clients[0].isEnded, false)
})
