import type { ScanLimits } from '../scanner/scanner.ts'

export interface BodyLimits extends ScanLimits {
  /** Inflated bytes of a body; of NDJSON, of one line. */
  readonly maxBodyBytes: number
  /** Bytes of memory that all requests may hold together. */
  readonly maxInFlightBytes: number
  /** Milliseconds; a stream may compute for as long again after each MiB. */
  readonly maxComputeMs: number
  /** Decompressed bytes per compressed byte, after the first MiB. */
  readonly maxInflationRatio: number
  /** Chunks of a body, in addition to one for every 256 bytes. */
  readonly maxChunks: number
  /** Values of a JSON body outside its tensors. */
  readonly maxOptionValues: number
  /** Rows of a body in which each row has an id. */
  readonly maxJoinRows: number
  /** Milliseconds in which a body, or a line of NDJSON, must arrive. */
  readonly requestTimeoutMs: number
}
