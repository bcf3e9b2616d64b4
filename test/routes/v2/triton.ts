import { request } from 'node:http'
import { deflateSync, gzipSync } from 'node:zlib'

/**
 * What tritonclient sends and makes of answers, for tests without Python: the bytes of its HTTP client, as
 * triton-inference-server/client at commit 58a44ca builds them (src/python/library/tritonclient/http/_client.py, _utils.py,
 * _infer_input.py, _requested_output.py, _infer_result.py), over geventhttpclient 2.3.9, which adds no Content-Type.
 */

type Numbers = readonly number[]
type Compression = 'gzip' | 'deflate'

const dtypes = {
  FP64: {
    write: (numbers: Numbers) => Float64Array.from(numbers),
    read: (bytes: ArrayBuffer) => new Float64Array(bytes),
  },
  FP32: {
    write: (numbers: Numbers) => Float32Array.from(numbers),
    read: (bytes: ArrayBuffer) => new Float32Array(bytes),
  },
  INT64: {
    write: (numbers: Numbers) => BigInt64Array.from(numbers, BigInt),
    read: (bytes: ArrayBuffer) => new BigInt64Array(bytes),
  },
  BOOL: { write: (numbers: Numbers) => Uint8Array.from(numbers), read: (bytes: ArrayBuffer) => new Uint8Array(bytes) },
} as const

export type Dtype = keyof typeof dtypes

/** An `InferInput` whose data were set from an array. */
export interface InferInput {
  readonly name: string
  readonly shape: Numbers
  readonly datatype: Dtype
  readonly numbers: Numbers
  /** As `binary_data` of `set_data_from_numpy`; true if left out. */
  readonly isBinary?: boolean
}

/** An `InferRequestedOutput`. */
export interface RequestedOutput {
  readonly name: string
  readonly isBinary?: boolean
}

export interface InferOptions {
  readonly outputs?: readonly RequestedOutput[]
  readonly requestId?: string
  readonly modelVersion?: string
  readonly parameters?: Record<string, unknown>
  readonly compression?: Compression | undefined
}

/** An `InferResult`. */
export interface InferResult {
  readonly response: Record<string, unknown>
  /** As `as_numpy`: numbers, and their shape. */
  asNumpy(name: string): { readonly shape: Numbers; readonly numbers: (number | null)[] } | undefined
}

/** An `InferenceServerException`. */
export class InferenceServerException extends Error {
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

interface Output {
  readonly name: string
  readonly shape: Numbers
  readonly datatype: Dtype
  readonly parameters?: { readonly binary_data_size?: number }
  readonly data?: (number | null)[]
}

/** `_get_inference_request`: the body, and the length of its JSON part if bytes follow it. */
export function bodyOf(
  inputs: readonly InferInput[],
  { outputs = [], requestId = '', parameters: custom = {} }: InferOptions = {},
): { readonly body: Buffer; readonly jsonSize: number | undefined } {
  const raw: Buffer[] = []
  const tensors = inputs.map(({ name, shape, datatype, numbers, isBinary = true }) => {
    if (!isBinary) return { name, shape, datatype, data: datatype === 'BOOL' ? numbers.map(Boolean) : numbers }
    const { buffer } = dtypes[datatype].write(numbers)
    raw.push(Buffer.from(buffer))
    return { name, shape, datatype, parameters: { binary_data_size: buffer.byteLength } }
  })
  const parameters = { ...(outputs.length === 0 && { binary_data_output: true }), ...custom }
  const json = {
    ...(requestId !== '' && { id: requestId }),
    inputs: tensors,
    ...(outputs.length > 0 && {
      outputs: outputs.map(({ name, isBinary = true }) => ({ name, parameters: { binary_data: isBinary } })),
    }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  }
  const text = Buffer.from(JSON.stringify(json))
  return { body: Buffer.concat([text, ...raw]), jsonSize: raw.length === 0 ? undefined : text.length }
}

/** `InferenceServerClient`. */
export class InferenceServerClient {
  readonly #port: number

  constructor(port: number) {
    this.#port = port
  }

  /** The answer to a GET, as `get_server_metadata`, `get_model_metadata` and `is_model_ready` ask. */
  async get(path: string): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
    const { status, bytes } = await this.#send('GET', path, {})
    return { status, json: JSON.parse(bytes.toString()) }
  }

  async infer(model: string, inputs: readonly InferInput[], options: InferOptions = {}): Promise<InferResult> {
    const { body, jsonSize } = bodyOf(inputs, options)
    const { compression, modelVersion = '' } = options
    const headers: Record<string, string> = {}
    if (compression !== undefined) headers['Content-Encoding'] = compression
    if (jsonSize !== undefined) headers['Inference-Header-Content-Length'] = String(jsonSize)
    const packed = compression === undefined ? body : compression === 'gzip' ? gzipSync(body) : deflateSync(body)
    const version = modelVersion === '' ? '' : `/versions/${modelVersion}`
    const answer = await this.#send('POST', `/v2/models/${encodeURIComponent(model)}${version}/infer`, headers, packed)
    if (answer.status !== 200) {
      throw new InferenceServerException(JSON.parse(answer.bytes.toString()).error, answer.status)
    }
    return resultOf(answer.bytes, answer.headers['inference-header-content-length'])
  }

  #send(method: string, path: string, headers: Record<string, string>, body?: Buffer) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      readonly status: number
      readonly headers: Record<string, string | undefined>
      readonly bytes: Buffer
    }>()
    const length = body === undefined ? {} : { 'Content-Length': String(body.length) }
    const all = { 'User-Agent': 'python/gevent-http-client-2.3.9', Connection: 'Keep-Alive', ...headers, ...length }
    const where = { host: '127.0.0.1', port: this.#port, method, path, headers: all }
    const sent = request(where, (response) => {
      const { socket } = response
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        // the service would wait for the connection
        socket.destroy()
        const { statusCode: status = 0, headers: answered } = response
        resolve({ status, headers: answered as Record<string, string>, bytes: Buffer.concat(pieces) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
    return promise
  }
}

/** `InferResult`, of an answer with this length of its JSON part. */
export function resultOf(bytes: Buffer, headerLength: string | undefined): InferResult {
  const length = headerLength === undefined ? bytes.length : Number(headerLength)
  const response = JSON.parse(bytes.toString('utf8', 0, length))
  const starts = new Map<string, number>()
  let at = length
  for (const { name, parameters } of response.outputs as Output[]) {
    if (parameters?.binary_data_size === undefined) continue
    starts.set(name, at)
    at += parameters.binary_data_size
  }
  if (at !== bytes.length) throw new Error(`${bytes.length} bytes, not ${at}`)
  const asNumpy = (name: string) => {
    const output = (response.outputs as Output[]).find((other) => other.name === name)
    if (output === undefined) return undefined
    const { shape, datatype, data = [], parameters } = output
    const from = starts.get(name)
    if (from === undefined) return { shape, numbers: data }
    const part = new Uint8Array(bytes.subarray(from, from + Number(parameters?.binary_data_size))).buffer
    return {
      shape,
      numbers: Array.from<number | bigint, number>(dtypes[datatype].read(part) as Iterable<number>, Number),
    }
  }
  return { response, asNumpy }
}
