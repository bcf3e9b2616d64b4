export interface WireLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxDrainBytes: number
  readonly requestTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly answerTimeoutMs: number
}
