import type { Config } from '../config.ts'
import { maxGroupKeyLength } from '../loss/groups/columns.ts'
import { maxOutputs } from '../loss/shape.ts'
import { maxListedErrors } from '../loss/validation-errors.ts'

export const describedLimits = {
  maxBodyBytes: 'Bytes of a request body when inflated; of an NDJSON body, of one line.',
  maxInFlightBytes: 'Bytes of memory that all requests in flight may hold: bodies, their numbers, answers.',
  maxComputeMs: 'Milliseconds that a request may compute; each MiB of an NDJSON body allows as many again.',
  maxRequestsInFlight:
    'Requests answered at one time; one address has at most three quarters of them, and half while others are there.',
  maxConnections: 'Connections open at one time.',
  maxConnectionsPerAddress: 'Connections of one address (of IPv6, of one /64 network) open at one time.',
  maxInflationRatio: 'Inflated bytes per compressed byte, beyond the first MiB.',
  maxChunks: 'Chunks of a body, in addition to one for every 256 bytes.',
  maxDrainBytes: 'Bytes that are still read after a body was refused, so that the client sees the answer.',
  maxElements: 'Numbers of one tensor.',
  maxRows: 'Rows of one tensor.',
  maxColumns: 'Numbers of one row.',
  maxDepth: 'Nesting of a JSON body.',
  maxKeys: 'Keys of all JSON objects open at one time; parts of a multipart body.',
  maxKeyLength: 'Bytes of a JSON key.',
  maxNumberLength: 'Bytes of a JSON number.',
  maxOptionBytes: 'Bytes of a JSON body outside its tensors.',
  maxOptionValues: 'Values of a JSON body outside its tensors, those inside arrays and objects included.',
  maxAnswerNumbers: 'Numbers in one part of an answer; of a comparison, in that of both models together.',
  maxGroups: 'Groups of all groupings of an answer together; of an evaluation, in all its batches.',
  maxGroupKeyLength: 'Characters of a string in `groups`.',
  maxRequirements: 'Requirements of one verdict.',
  maxFigureLength: 'Characters of the path of a figure in `require`.',
  maxMiniBatchSize: 'Rows of a mini-batch.',
  maxMiniBatchNumbers: 'Numbers of the rows that a mini-batch may draw: size times outputs.',
  maxPopulationSize: 'Rows a mini-batch may be drawn from.',
  maxShuffledRows: 'Rows a mini-batch may be drawn from without replacement, which shuffles all of them.',
  maxSweepValues: 'Values of the parameter of a sweep.',
  maxSweepEvaluations: 'Numbers of the predictions times values of the parameter in a sweep.',
  maxEvaluations: 'Evaluations of one owner.',
  maxSortedEvaluations: 'Evaluations that a list may sort: those that its filters leave.',
  maxBatches: 'Batches of one evaluation.',
  maxStateBytes:
    'Bytes that are kept of one batch: its sums and counts, and those of the parts that `include` asks for.',
  maxDeclarationBytes: 'Bytes of the declaration of an evaluation, as JSON.',
  maxMetadataEntries: 'Strings in the `metadata` of an evaluation.',
  maxMetadataLength: 'Characters of a name or a string of `metadata`.',
  maxPageSize: 'Entries of one page of a list.',
  maxCurvePoints: 'Points of a learning curve.',
  maxEventStreams: 'Streams of events open at one time; one owner has at most half of them where keys are needed.',
  maxListedErrors: 'Errors listed in an answer; `errorCount` is their true number.',
  requestTimeoutMs: 'Milliseconds in which the whole body must arrive; of an NDJSON body, each line.',
  headersTimeoutMs: 'Milliseconds in which the headers of a request must arrive.',
  answerTimeoutMs: 'Milliseconds in which a client must take each MiB of its answer.',
} as const

export type Limits = Readonly<Record<keyof typeof describedLimits, number>>

export const fixedLimits = {
  maxInflationRatio: 200,
  maxChunks: 2 ** 20,
  maxElements: 2 ** 25,
  maxRows: 2 ** 24,
  maxColumns: maxOutputs,
  maxDepth: 32,
  maxKeys: 256,
  maxKeyLength: 1024,
  maxNumberLength: 65_536,
  maxOptionBytes: 2 ** 18,
  maxOptionValues: 4096,
  maxAnswerNumbers: 200_000,
  maxGroups: 1000,
  maxGroupKeyLength,
  maxRequirements: 100,
  maxFigureLength: 256,
  maxMiniBatchSize: 100_000,
  maxMiniBatchNumbers: 2 ** 25,
  maxPopulationSize: 2 ** 32,
  // every batch that maxRows lets in can be shuffled
  maxShuffledRows: 2 ** 24,
  maxSweepValues: 500,
  maxSweepEvaluations: 10_000_000,
  maxEvaluations: 100_000,
  maxSortedEvaluations: 10_000,
  maxBatches: 10_000_000,
  maxStateBytes: 2 ** 20,
  maxDeclarationBytes: 2 ** 20,
  maxMetadataEntries: 32,
  maxMetadataLength: 1024,
  maxPageSize: 1000,
  maxCurvePoints: 1000,
  maxEventStreams: 256,
  maxListedErrors: maxListedErrors,
} as const

export function limitsOf(config: Config): Limits {
  return {
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxInFlightBytes: config.MAX_IN_FLIGHT_BYTES,
    maxComputeMs: config.MAX_COMPUTE_MS,
    maxRequestsInFlight: config.MAX_REQUESTS_IN_FLIGHT,
    maxConnections: config.MAX_CONNECTIONS,
    // behind proxies all connections are theirs
    maxConnectionsPerAddress:
      config.TRUST_PROXY === undefined
        ? Math.min(config.MAX_CONNECTIONS_PER_ADDRESS, config.MAX_CONNECTIONS)
        : config.MAX_CONNECTIONS,
    maxDrainBytes: 4 * config.MAX_BODY_BYTES,
    ...fixedLimits,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    headersTimeoutMs: config.HEADERS_TIMEOUT_MS,
    answerTimeoutMs: config.ANSWER_TIMEOUT_MS,
  }
}
