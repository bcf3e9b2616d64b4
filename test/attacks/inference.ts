// Requests of the Open Inference Protocol: answers larger than their requests, and sizes that are not true.
import { setTimeout as sleep } from 'node:timers/promises'
import { load, sendAndNeverRead, times, together } from './attack.ts'
import type { Part } from './bodies.ts'
import { binary, mebibyte, repeated } from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { ask } from './client.ts'

const clients = 16

/** The gradient, the losses and the right decisions of predictions of so many bytes, one each, as eight times as many bytes. */
function gradientOf(bytes: number): Request {
  const columns = 10
  const rows = Math.floor(bytes / columns)
  const part = { shape: [rows, columns], datatype: 'BOOL', bytes: Buffer.alloc(rows * columns) }
  const options = { labelFormat: 'binary', binary_data_output: true }
  const outputs = ['gradient', 'losses', 'correct'].map((name) => ({ name }))
  return inference(
    options,
    [
      { ...part, name: 'predictions' },
      { ...part, name: 'labels' },
    ],
    { outputs },
  )
}

/** A request for the model of the mean squared error; `more` is said beside the inputs. */
function inference(options: object, parts: readonly Part[], more: object): Request {
  return { ...binary(options, parts, more), path: '/v2/models/mse/infer' }
}

const one: Part = { name: 'predictions', shape: [1], datatype: 'FP64', bytes: Buffer.alloc(8) }
const ones: readonly Part[] = [one, { ...one, name: 'labels' }]
const values = { labelFormat: 'values' }

/** A right request in which a text is another. */
function lie(found: string, other: string): Request {
  const right = inference(values, ones, {})
  const length = Number(right.headers?.['inference-header-content-length'])
  const body = Buffer.from(right.body ?? '')
  const text = Buffer.from(body.toString('latin1', 0, length).replace(found, other))
  const headers = { ...right.headers, 'inference-header-content-length': text.length }
  return { ...right, headers, body: Buffer.concat([text, body.subarray(length)]) }
}

/** Sizes of an input that has eight bytes. */
const sizes = ['0', '7', '9', '4294967304', '1e15', '9007199254740993', '-8', '8.5', '1e999', '"8"', 'null', '[8]']

const lies: readonly Request[] = [
  ...sizes.map((size) => lie('"binary_data_size":8', `"binary_data_size":${size}`)),
  lie('"shape":[1]', '"shape":[16777216,16]'),
  lie('"shape":[1]', '"shape":[1,1000000000000]'),
  lie('"FP64"', '"BYTES"'),
  ...[0, 1, 200, mebibyte].map((length) => {
    const right = inference(values, ones, {})
    return { ...right, headers: { ...right.headers, 'inference-header-content-length': length } }
  }),
  inference(values, ones, { id: 'x'.repeat(1e6) }),
  inference(values, ones, { outputs: times(1e5, { name: 'loss' }) }),
  lie('{', `{"outputs":[${repeated('0', 1e5)}],`),
]

export const inferenceAttacks = [
  load({
    name: 'gradients that nobody reads: 16 x 6 MiB of BOOL, 58 MiB of answer',
    async send(service) {
      const open = await sendAndNeverRead(service, times(clients, gradientOf(6 * mebibyte)))
      await sleep(8000)
      const outcomes = open.map(({ isClosed }) => (isClosed ? 'closed' : 'open'))
      for (const client of open) client.leave()
      return { outcomes }
    },
  }),
  load({
    name: 'gradients: 16 x 6 MiB of BOOL, 58 MiB of answer',
    expected: ['200', '503'],
    send: async (service) => ({ outcomes: await together(service, times(clients, gradientOf(6 * mebibyte)), 120_000) }),
  }),
  load({
    name: 'inference requests whose sizes are not true, of a 1 MB id, or with 100,000 outputs',
    isShort: true,
    processor: 1,
    expected: ['422', '400', '413'],
    async send({ port }) {
      const outcomes: Outcome[] = []
      for (const request of lies) outcomes.push(await ask(port, request))
      const faults = outcomes.flatMap((outcome, at) => {
        const isTold = typeof outcome !== 'string' && /^\{"error":"[^"]/.test(outcome.body)
        return isTold ? [] : [`lie ${at} is not told`]
      })
      return { outcomes, faults }
    },
  }),
]
