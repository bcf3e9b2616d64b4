import type { Config } from '../config.ts'
import { maxGroupKeyLength } from '../loss/groups/columns.ts'
import { maxClassNameLength, maxClassNames } from '../loss/names.ts'
import { maxOutputs } from '../loss/shape.ts'
import { maxListedErrors } from '../loss/validation-errors.ts'

export const describedLimits = {
  maxBodyBytes: 'Bytes of a request body after decompression; for NDJSON, bytes of one line.',
  maxInFlightBytes: 'Bytes of memory for all requests in flight together: bodies, their numbers, answers.',
  maxComputeMs: 'Milliseconds of processor time per request; for NDJSON, per MiB of body.',
  maxRequestsInFlight:
    'Concurrent requests; one client address may hold at most three quarters of them, or half while other clients are active.',
  maxConnections: 'Open connections.',
  maxConnectionsPerAddress: 'Open connections per client address (for IPv6, per /64 network).',
  maxInflationRatio: 'Decompressed bytes per compressed byte, after the first MiB.',
  maxChunks: 'Chunks of a body, in addition to one for every 256 bytes.',
  maxDrainBytes: 'Bytes still read after a body was rejected, so that the client gets to see the answer.',
  maxElements: 'Numbers of one tensor.',
  maxRows: 'Rows of one tensor.',
  maxColumns: 'Numbers of one row.',
  maxDepth: 'Nesting depth of a JSON body.',
  maxKeys: 'Keys of all JSON objects that are open at the same time; parts of a multipart body.',
  maxKeyLength: 'Bytes of a JSON key.',
  maxNumberLength: 'Bytes of a JSON number.',
  maxOptionBytes: 'Bytes of a JSON body outside its tensors.',
  maxOptionValues: 'Values of a JSON body outside its tensors, those inside arrays and objects included.',
  maxAnswerNumbers: 'Numbers in one part of an answer; for a comparison, of both models together.',
  maxGroups: 'Groups in all groupings of an answer together; for an evaluation, over all its batches.',
  maxGroupKeyLength: 'Characters of a string in `groups`.',
  maxClassNames: 'Names in `classes`.',
  maxClassNameLength: 'Characters of a name in `classes`.',
  maxRequirements: 'Requirements of one verdict.',
  maxFigureLength: 'Characters of the path of a figure in `require`.',
  maxMiniBatchSize: 'Rows of a mini-batch.',
  maxMiniBatchNumbers: 'Numbers in the rows of a mini-batch: size times outputs.',
  maxPopulationSize: 'Rows that a mini-batch is drawn from.',
  maxShuffledRows: 'Rows that a mini-batch is drawn from without replacement, which shuffles all of them.',
  maxSweepValues: 'Parameter values in a sweep.',
  maxSweepEvaluations: 'Numbers in the predictions times parameter values in a sweep.',
  maxEvaluations: 'Evaluations of one owner.',
  maxShownEvaluations: 'Evaluations of one owner that are declared with `metrics`.',
  maxSortedEvaluations: 'Evaluations that a list may sort: those that its filters leave.',
  maxBatches: 'Batches of one evaluation.',
  maxJoinRows: 'Rows of one body of predictions or labels of a joined evaluation; of an NDJSON body, of one line.',
  maxWaitingRows: 'Predictions and labels of a joined evaluation that may wait for the other half.',
  maxStateBytes: 'Bytes stored per batch: its sums and counts, and those of the parts requested with `include`.',
  maxDeclarationBytes: 'Bytes of the declaration of an evaluation, as JSON.',
  maxMetadataEntries: 'Strings in the `metadata` of an evaluation.',
  maxMetadataLength: 'Characters of a name or a string of `metadata`.',
  maxPageSize: 'Entries of one page of a list.',
  maxCurvePoints: 'Points of a learning curve.',
  maxEventStreams: 'Open event streams; where keys are required, one owner has at most half of them.',
  maxListedErrors: 'Errors listed in an answer; `errorCount` is the total number.',
  requestTimeoutMs: 'Milliseconds within which the whole body must arrive; for NDJSON, each line.',
  headersTimeoutMs: 'Milliseconds within which the headers of a request must arrive.',
  answerTimeoutMs: 'Milliseconds within which a client must read each MiB of its answer.',
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
  maxClassNames,
  maxClassNameLength,
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
  maxShownEvaluations: 20,
  maxSortedEvaluations: 10_000,
  maxBatches: 10_000_000,
  maxJoinRows: 2 ** 17,
  maxWaitingRows: 100_000_000,
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
