import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import type { WorkerLink } from './cluster/worker.ts'
import type { Config } from './config.ts'
import { ConfigError, misspelt, parseConfig } from './config.ts'
import { StoreUnusable } from './database/errors.ts'
import { closingProblem } from './http/closing-problem.ts'
import { openLog } from './log/open.ts'
import { watchEventLoop } from './runtime/watchdog.ts'
import { refusalMs } from './wire/closing.ts'
import { TlsUnusable } from './wire/tls.ts'

/** Environment variable that tells a worker its number, from 0. */
const placeName = 'LOSSMETER_WORKER'

const config = await orExit(() => parseConfig(process.env))
const { logger, destination, flush } = openLog(config.LOG_LEVEL, process.stdout)
if (process.env[placeName] === undefined)
  for (const { name, meant } of misspelt(process.env)) logger.warn(`${name} has no effect; did you mean ${meant}?`)
if (config.WORKERS === 1) await serve(config)
else if (process.env[placeName] === undefined) await lead()
else await work()

/** Answers requests, as the only process or as one of several workers. */
async function serve(config: Config, link?: WorkerLink, sweeps?: boolean): Promise<void> {
  let isUnready = false
  let ordered: number | undefined
  const app = await orExit(() => buildApp(config, logger, { isClosing: () => isUnready, sweeps, cluster: link }))

  const { close } = closeWithGrace(
    {
      delay: lifetimeOf(config),
      logger: false,
      skip: link === undefined ? [] : ['SIGINT', 'SIGTERM', 'SIGHUP'],
    },
    async ({ signal, err }) => {
      isUnready ||= link === undefined
      if (ordered === undefined) {
        logClosing(signal, err)
        link?.leave()
      }
      await app.connections.close({
        delayMs: ordered ?? delayOf(config, signal),
        timeoutMs: config.SHUTDOWN_TIMEOUT_MS,
        refusal: closingProblem,
        peers: link,
      })
      await app.close()
      await link?.sendMetrics()
      await flush()
    },
  )
  link?.onClose(
    ({ delayMs }) => {
      ordered = delayMs
      close()
    },
    () => {
      isUnready = true
    },
  )

  try {
    // a client beyond the backlog has to try again after a second or more
    await app.listen({ host: config.HOST, port: config.PORT, backlog: 4096, listenTextResolver })
    watchEventLoop()
  } catch (err) {
    const isTaken = err instanceof Error && 'code' in err && err.code === 'EADDRINUSE'
    if (isTaken)
      logger.fatal(
        `port ${config.PORT} is already in use; choose another one with PORT=, such as PORT=${config.PORT + 1}`,
      )
    else logger.fatal({ err }, 'cannot listen')
    await flush()
    process.exit(1)
  }
}

async function work(): Promise<void> {
  const { WorkerLink } = await import('./cluster/worker.ts')
  const { splitLimits } = await import('./cluster/split-limits.ts')
  await serve(splitLimits(config), new WorkerLink(process, logger), process.env[placeName] === '0')
}

/** Starts and supervises the workers. */
async function lead(): Promise<void> {
  const { default: cluster } = await import('node:cluster')
  const { Primary } = await import('./cluster/primary.ts')
  const { relayLines } = await import('./log/relay.ts')
  const { primarySnapshot } = await import('./operation/metrics.ts')
  const { MemoryLedger } = await import('./quotas/memory-ledger.ts')
  cluster.schedulingPolicy = cluster.SCHED_RR
  cluster.setupPrimary({ stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  const primary = new Primary({
    workers: config.WORKERS,
    log: logger,
    ledger: new MemoryLedger(),
    metrics: primarySnapshot,
    fork: (place) => {
      const worker = cluster.fork({ [placeName]: String(place) })
      if (worker.process.stdout !== null) relayLines(worker.process.stdout, destination)
      return worker
    },
  })
  closeWithGrace(
    // workers that have not ended by then will not
    { delay: lifetimeOf(config) + 1000, logger: false, skip: ['SIGHUP'] },
    async ({ signal, err }) => {
      logClosing(signal, err)
      await primary.close(delayOf(config, signal))
      await flush()
    },
  )
  process.on('SIGHUP', () => primary.restart())
  if (await primary.start()) return
  await flush()
  process.exit(1)
}

function logClosing(signal: string | undefined, err: Error | undefined): void {
  if (err) logger.fatal({ err }, 'closing after an error')
  else logger.info({ signal }, 'closing')
}

/** How long /readyz fails while connections are still accepted, so that a load balancer stops sending first. */
function delayOf({ SHUTDOWN_DELAY_MS: delay }: Config, signal: string | undefined): number {
  return signal === 'SIGTERM' ? delay : 0
}

/** The time after which a closing process is killed, whatever it still has to do. */
function lifetimeOf({ SHUTDOWN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: timeout }: Config): number {
  return delay + timeout + refusalMs + 2500
}

/** Fastify does not know that the server speaks TLS, because it did not create the server. */
function listenTextResolver(address: string): string {
  return `Server listening at ${config.TLS_CERT_FILE === undefined ? address : address.replace(/^http:/, 'https:')}`
}

/** Returns what \`make\` makes. Where the operator has to change the configuration, prints the reason on stderr and exits. */
async function orExit<Value>(make: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await make()
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof StoreUnusable || error instanceof TlsUnusable)) throw error
    process.stderr.write(`lossmeter cannot start:\n${error.message}\n`)
    process.exit(1)
  }
}
