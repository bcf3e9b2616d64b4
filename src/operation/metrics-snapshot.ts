import type { MetricObject, MetricObjectWithValues, MetricValue, Registry } from 'prom-client'
import { AggregatorRegistry } from 'prom-client'

export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[]

type Aggregator = NonNullable<MetricObject['aggregator']>

/** What is not a sum. Files are those of the process that is nearest to its limit. */
const aggregators: readonly [name: RegExp, aggregator: Aggregator][] = [
  [/^nodejs_eventloop_lag_min_seconds$/, 'min'],
  [/^nodejs_eventloop_lag_/, 'max'],
  [/^process_start_time_seconds$/, 'min'],
  [/^lossmeter_(?:store_ready|certificate_expiry_timestamp_seconds)$/, 'min'],
  [/^lossmeter_sweep_completed_timestamp_seconds$/, 'max'],
  [/^process_open_fds$/, 'max'],
  [/^process_max_fds$/, 'min'],
  [/^(?:target_info|nodejs_version_info)$/, 'first'],
]

/** The metrics of several processes together: counters and histograms add up, other values by what they mean. */
export function aggregated(snapshots: readonly MetricsSnapshot[]): Registry {
  const known = snapshots.map((ofOne) => ofOne.map((metric) => ({ ...metric, aggregator: aggregatorOf(metric.name) })))
  return AggregatorRegistry.aggregate(known)
}

/** What must not be lost when a process ends: counters never go down. */
export function lasting(snapshot: MetricsSnapshot): MetricsSnapshot {
  return snapshot.filter(({ type }) => isLasting.has(String(type)))
}

/** What several processes have counted, as if one had. */
export function merged(snapshots: readonly MetricsSnapshot[]): MetricsSnapshot {
  return aggregated(snapshots).getMetricsAsArray() as MetricObjectWithValues<MetricValue<string>>[]
}

const isLasting = new Set(['counter', 'histogram'])

function aggregatorOf(name: string): Aggregator {
  return aggregators.find(([pattern]) => pattern.test(name))?.[1] ?? 'sum'
}
