/** The trace that a request belongs to, and its place there. */
export interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

/** The spans of a request that is traced. */
export interface Trace {
  readonly id: string
  /** Begins the span of a part. @param target attributes of the other system that is asked for it, if one is @returns ends it */
  begin(part: string, target?: Readonly<Record<string, string>>): (hasFailed?: boolean) => void
}

const pattern = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.{0,256})?$/

/** Reads the header traceparent (W3C Trace Context, section 3.2); undefined for anything else. */
export function traceParentOf(header: unknown): TraceParent | undefined {
  if (typeof header !== 'string') return undefined
  const [, version, traceId, spanId, flags, rest] = pattern.exec(header) ?? []
  // version 00 has no further fields
  if (traceId === undefined || (version === '00' && rest !== undefined)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1 }
}
