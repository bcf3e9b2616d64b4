import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'tap'
import { whenClosed } from '../../src/wire/when-closed.ts'

test('all who ask are called in their order when a response is closed, and share one listener', (t) => {
  const response = new ServerResponse(new IncomingMessage(new Socket()))
  const called: string[] = []
  for (const name of ['a', 'b', 'c']) whenClosed(response, () => called.push(name))
  t.equal(response.listenerCount('close'), 1)
  t.same(called, [])
  response.emit('close')
  t.same(called, ['a', 'b', 'c'])
  t.end()
})
