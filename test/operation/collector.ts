import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Scope {
  after(release: () => unknown): unknown
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

export interface CollectedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly kind: number
  readonly status: { readonly code?: number }
  readonly attributes: readonly Attribute[]
}

export interface Collector {
  readonly url: string
  readonly spans: CollectedSpan[]
  readonly resources: Record<string, unknown>[]
  readonly paths: (string | undefined)[]
  readonly headers: IncomingHttpHeaders[]
  /** The status that it answers with; 0 for none at all. */
  status: number
}

/** A collector of traces that takes OTLP as JSON. */
export async function collectorOf(t: Scope): Promise<Collector> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    collector.paths.push(request.url)
    collector.headers.push(request.headers)
    if (collector.status === 0) return
    if (collector.status === 200) {
      for (const { resource, scopeSpans } of JSON.parse(Buffer.concat(chunks).toString()).resourceSpans) {
        collector.resources.push(valuesOf(resource.attributes))
        for (const { spans } of scopeSpans) collector.spans.push(...spans)
      }
    }
    response.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const collector: Collector = { url, spans: [], resources: [], paths: [], headers: [], status: 200 }
  return collector
}

/** Attributes as an object. */
export function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))
}
