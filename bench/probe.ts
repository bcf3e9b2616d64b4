// Preloaded into a server to watch its event loop from inside: node --import ./bench/probe.ts src/server.ts
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** What the server's event loop was held up, in milliseconds. */
export interface LoopDelay {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

const histogram = monitorEventLoopDelay({ resolution: 1 })
histogram.enable()
process.on('message', (message) => {
  if (message === 'reset') {
    histogram.reset()
  } else if (message === 'read') {
    const delay: LoopDelay = {
      p50: histogram.percentile(50) / 1e6,
      p99: histogram.percentile(99) / 1e6,
      max: histogram.max / 1e6,
    }
    process.send?.(delay)
  }
})
