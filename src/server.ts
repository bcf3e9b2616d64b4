import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { ConfigError, parseConfig } from './config.ts'
import { StoreUnusable } from './evaluations/errors.ts'
import { refusalMs } from './http/connections/closing.ts'
import { openLog } from './log/open.ts'

const config = await orExit(() => parseConfig(process.env))
const { logger, flush } = openLog(config.LOG_LEVEL, process.stdout)
let closing = false
const app = await orExit(() => buildApp(config, logger, () => closing))

closeWithGrace(
  { delay: config.SHUTDOWN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS + refusalMs + 2500, logger: false },
  async ({ signal, err }) => {
    closing = true
    if (err) logger.fatal({ err }, 'closing after an error')
    else logger.info({ signal }, 'closing')
    await app.connections.close({
      // /readyz fails while connections are still taken, so that a balancer turns away first
      delayMs: signal === 'SIGTERM' ? config.SHUTDOWN_DELAY_MS : 0,
      timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
    })
    await app.close()
    await flush()
  },
)

// no request is to pay for the making of the document
app.swagger()
app.swagger({ yaml: true })
try {
  // as many as the kernel grants: who is beyond them has to try again, a second later at the earliest
  await app.listen({ host: config.HOST, port: config.PORT, backlog: 4096, listenTextResolver })
} catch (err) {
  logger.fatal({ err }, 'cannot listen')
  await flush()
  process.exit(1)
}

/** Fastify did not make the server, and so does not know that it speaks TLS. */
function listenTextResolver(address: string): string {
  return `Server listening at ${config.TLS_CERT_FILE === undefined ? address : address.replace(/^http:/, 'https:')}`
}

/** What is made, or the end of the process with the reason on stderr, when whoever started it has to change something. */
async function orExit<Value>(make: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreUnusable)) throw error
    process.stderr.write(`lossmeter cannot start:\n${error.message}\n`)
    process.exit(1)
  }
}
