import { test } from 'tap'
import { NeedUnknown, needOf } from '../../src/access/needs.ts'

test('a route that is not in the table is refused before the service starts', async (t) => {
  for (const [method, url] of [
    ['GET', '/v1/secrets'],
    ['GET', '/docsx'],
    ['GET', '/v1/loss/x'],
    ['TRACE', '/v1/evaluations'],
  ]) {
    const message = `${method} ${url} is missing in the table of src/access/needs.ts`
    t.throws(() => needOf(method, url), new NeedUnknown(message))
  }
})
