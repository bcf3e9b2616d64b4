// Uploads the large body over some connections without pause, between the messages `go` and `pause`.
import { once } from 'node:events'
import { asJson, makeRows } from './bodies.ts'
import { Connection, checkLoss, checkStatus } from './client.ts'

const [port, connections, answers] = process.argv.slice(2)
const check = answers === 'loss' ? checkLoss : checkStatus
const body = asJson('upload', makeRows(60_000), 'index')
let isGoing = false
let uploads = 0

const open = await Promise.all(Array.from({ length: Number(connections) }, () => Connection.open(Number(port))))
process.send?.('ready')
while (process.connected) {
  await once(process, 'message')
  isGoing = true
  uploads = 0
  process.once('message', () => {
    isGoing = false
  })
  await Promise.all(open.map(uploadOver))
  process.send?.(uploads)
}

async function uploadOver(connection: Connection): Promise<void> {
  while (isGoing) {
    check(body, await connection.send(body))
    uploads++
  }
}
