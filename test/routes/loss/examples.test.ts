import { t as root, test } from 'tap'
import { lossBodyDescription, lossMediaTypeDocuments } from '../../../src/routes/loss/examples.ts'
import { appOf, ask } from '../../support.ts'

const app = await appOf(root)

test('the binary body is evaluated with the header that its summary and Swagger UI name', async (t) => {
  const { summary, value } = lossMediaTypeDocuments['application/octet-stream'].examples.bytes
  const length = summary.match(/\d+$/)?.[0] ?? ''
  t.match(lossBodyDescription, `${length} bytes of JSON`)
  t.match(lossBodyDescription, `printf '%s' '${value}' >`)
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': length }
  const { status, body } = await ask(app, { method: 'POST', url: '/v1/loss', headers, payload: value })
  t.equal(status, 200)
  t.match(body, { samples: 2, loss: 0.5 })
})
