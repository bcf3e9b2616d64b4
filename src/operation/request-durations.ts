import { Histogram } from 'prom-client'

/** The methods that OpenTelemetry knows; all others count as the last. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', '_OTHER']
const methodNumbers = new Map(methods.map((method, at) => [method, at]))
const other = methods.length - 1
const statuses = 1000

const labelNames = ['http_route', 'http_request_method', 'http_response_status_code']

interface Series {
  /** Per bucket, not cumulative; the last bucket has no upper bound. */
  readonly counts: number[]
  sum: number
}

/**
 * The histogram of requests. prom-client validates and hashes the labels of each observation, through `labels()` too; counting
 * a request so takes more than ten times as long (bench/request-metrics.ts). So series are found here, and prom-client
 * sees them at a scrape.
 */
export class RequestDurations extends Histogram {
  readonly #name: string
  readonly #help: string
  readonly #bounds: readonly number[]
  readonly #series = new Map<string, Map<number, Series>>()

  constructor(name: string, help: string, bounds: number[]) {
    super({ name, help, buckets: bounds, labelNames, registers: [] })
    this.#name = name
    this.#help = help
    this.#bounds = bounds
  }

  /** @param route empty where there is none @param status 0 where there is none */
  add(route: string, method: string, status: number, seconds: number): void {
    const series = this.#find(route, (methodNumbers.get(method) ?? other) * statuses + status)
    let at = 0
    while (at < this.#bounds.length && seconds > this.#bounds[at]) at++
    series.counts[at]++
    series.sum += seconds
  }

  /** What prom-client asks for the text, and for `get`. */
  async getForPromString() {
    return { name: this.#name, help: this.#help, type: 'histogram', values: [...this.#values()], aggregator: 'sum' }
  }

  #find(route: string, key: number): Series {
    let ofRoute = this.#series.get(route)
    if (ofRoute === undefined) {
      ofRoute = new Map()
      this.#series.set(route, ofRoute)
    }
    let series = ofRoute.get(key)
    if (series === undefined) {
      series = { counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 }
      ofRoute.set(key, series)
    }
    return series
  }

  *#values() {
    for (const [route, ofRoute] of this.#series) {
      for (const [key, { counts, sum }] of ofRoute) {
        const sharedLabels = {
          http_route: route,
          http_request_method: methods[Math.floor(key / statuses)],
          http_response_status_code: key % statuses || '',
        }
        let count = 0
        for (const [at, inBucket] of counts.entries()) {
          count += inBucket
          const le = this.#bounds[at] ?? '+Inf'
          yield { labels: { le }, sharedLabels, value: count, metricName: `${this.#name}_bucket` }
        }
        yield { labels: {}, sharedLabels, value: sum, metricName: `${this.#name}_sum` }
        yield { labels: {}, sharedLabels, value: count, metricName: `${this.#name}_count` }
      }
    }
  }
}
