const shared = [
  'MAX_IN_FLIGHT_BYTES',
  'MAX_REQUESTS_IN_FLIGHT',
  'MAX_CONNECTIONS',
  'MAX_CONNECTIONS_PER_ADDRESS',
] as const

type SharedLimits = Readonly<Record<(typeof shared)[number] | 'WORKERS', number>>

/** The configuration of one worker: what all may have together is split evenly. */
export function splitLimits<Config extends SharedLimits>(config: Config): Config {
  const split = shared.map((name) => [name, Math.max(1, Math.floor(config[name] / config.WORKERS))])
  return { ...config, ...Object.fromEntries(split) }
}
