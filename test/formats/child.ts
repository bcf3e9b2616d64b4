import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'

/** The service in a process of its own: tells its port, and its memory when asked. */
// the test runner takes it for a test when it is given the folder, and would wait for ever
if (process.argv[2] !== 'serve') process.exit()
const app = await buildApp(parseConfig(process.env))
let peak = 0
setInterval(() => {
  peak = Math.max(peak, process.memoryUsage.rss())
}, 5)
process.on('message', async () => {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.()
    await sleep(20)
  }
  const { held } = app.resources.budget
  const { rss: resident, heapUsed, external } = process.memoryUsage()
  process.send?.({ resident, used: heapUsed + external, peak: Math.max(peak, resident), held })
  peak = 0
})
process.on('disconnect', () => process.exit())
await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.((app.server.address() as AddressInfo).port)
