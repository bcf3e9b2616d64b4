import type { MetricsSnapshot } from '../../src/operation/metrics-snapshot.ts'

/** A metric of one value, as a process tells it. */
export function metric(
  name: string,
  type: string,
  value: number,
  labels: Record<string, string> = {},
): MetricsSnapshot[number] {
  // only these are of use to those who add up
  return {
    name,
    help: name,
    type,
    aggregator: 'sum',
    values: [{ value, labels }],
  } as unknown as MetricsSnapshot[number]
}

export const counter = (name: string, value: number) => metric(name, 'counter', value)
export const gauge = (name: string, value: number) => metric(name, 'gauge', value)
