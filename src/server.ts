import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import { buildApp } from './app.ts'
import { ConfigError, parseConfig } from './config.ts'
import { StoreUnusable } from './evaluations/errors.ts'

const config = await orExit(() => parseConfig(process.env))
const logger = pino({ level: config.LOG_LEVEL }, process.stdout.isTTY ? pretty() : pino.destination({ sync: true }))
let closing = false
const app = await orExit(() => buildApp(config, logger, () => closing))

closeWithGrace(
  { delay: config.SHUTDOWN_DELAY_MS + config.SHUTDOWN_TIMEOUT_MS, logger: false },
  async ({ signal, err }) => {
    closing = true
    if (err) logger.fatal({ err }, 'closing after an error')
    else logger.info({ signal }, 'closing')
    // /readyz fails while connections are still taken, so that a balancer turns away first
    if (signal === 'SIGTERM') await setTimeout(config.SHUTDOWN_DELAY_MS)
    // a connection whose last request has ended is idle from then on only
    const idle = setInterval(() => app.server.closeIdleConnections(), 50)
    await app.close()
    clearInterval(idle)
  },
)

try {
  await app.listen({ host: config.HOST, port: config.PORT })
} catch (err) {
  logger.fatal({ err }, 'cannot listen')
  process.exit(1)
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
