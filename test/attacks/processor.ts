import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { alone, load, sendAndLeave, times, together } from './attack.ts'
import {
  binary,
  boolFiles,
  compressed,
  csvFiles,
  formRequest,
  ignoredRows,
  largeAnswer,
  largeShuffle,
  largestPopulation,
  mebibyte,
  oneDigitJson,
  oneHotRows,
  oneLine,
  ranked,
  repeated,
  sureLabels,
  sureValues,
  sweep,
  wideMetrics,
} from './bodies.ts'
import type { Outcome, Request } from './client.ts'
import { ask, Client, headOf, lastChunk } from './client.ts'

const ndjson = { 'content-type': 'application/x-ndjson' }
const options = '{"loss":"mse","labelFormat":"values"}\n'
const line = '{"predictions":[1],"labels":[1]}\n'

/** Zeros for a tensor. */
function byte(length: number): { datatype: string; bytes: Buffer } {
  return { datatype: 'UINT8', bytes: Buffer.alloc(length) }
}

/** Large bodies that anybody may send, of every kind and for every route. */
function legalBodies(): Record<string, Request> {
  const columns = 2 ** 18
  return {
    'JSON of 16 MiB': oneDigitJson(16 * mebibyte),
    'JSON of 16 MiB in gzip': compressed(oneDigitJson(16 * mebibyte)),
    'one row of 262,144': { body: jsonOf('mse', `[${repeated('0', columns)}]`, '0') },
    'one row of 262,144 logits': {
      body: jsonOf('cross-entropy', `[${repeated('0', columns)}]`, '0', '"predictionFormat":"logits",'),
    },
    '2,000,000 rows of one number': {
      body: jsonOf('mse', `[${repeated('[0]', 2e6)}]`, `[${repeated('0', 2e6)}]`),
    },
    '4 million weighted rows, one ignored': binary({ loss: 'mse', labelFormat: 'index', ignoreIndex: 0 }, [
      { ...byte(4e6), name: 'predictions', shape: [4e6, 1] },
      { name: 'labels', shape: [4e6], datatype: 'INT8', bytes: Buffer.alloc(4e6) },
      { ...byte(4e6), name: 'sampleWeights', shape: [4e6] },
    ]),
    '32 rows of 262,144 logits': binary({ loss: 'cross-entropy', predictionFormat: 'logits', labelFormat: 'index' }, [
      { ...byte(32 * columns), name: 'predictions', shape: [32, columns] },
      { ...byte(32), name: 'labels', shape: [32] },
    ]),
    '200 rows of 33,333 with a report of each class': binary(
      { loss: 'mse', labelFormat: 'index', include: ['perClass'] },
      [
        { ...byte(200 * 33_333), name: 'predictions', shape: [200, 33_333] },
        { ...byte(200), name: 'labels', shape: [200] },
      ],
    ),
    '447 rows of 447 with all reports': {
      body: JSON.stringify({
        loss: 'cross-entropy',
        predictionFormat: 'logits',
        labelFormat: 'index',
        include: ['perSample', 'perClass', 'confusion', 'calibration', 'gradient'],
        reduction: 'none',
        predictions: times(447, times(447, 0.1)),
        labels: times(447, 0),
      }),
    },
    '100,000 rows with the loss of each': {
      body: JSON.stringify({
        loss: 'mse',
        labelFormat: 'index',
        include: ['perSample', 'gradient'],
        reduction: 'none',
        predictions: times(100_000, [0.123456789, 0.2]),
        labels: times(100_000, 0),
      }),
    },
    'a row drawn 100,000 times': {
      body: '{"loss":"mse","labelFormat":"index","miniBatch":{"size":100000,"seed":1,"replacement":true},"predictions":[[1,2,3]],"labels":[0]}',
    },
    '100,000 lines of one row': {
      headers: ndjson,
      body: Buffer.concat([Buffer.from(options), Buffer.alloc(line.length * 1e5, line)]),
    },
    'one line of 16 MiB': oneLine(16 * mebibyte),
    '1,000,000 numbers at 10 values': sweep(1000, 1000, 10),
    'the numbers of 100,000 rows': largeAnswer,
    'CSV of 2,000,000 signed digits': csvFiles('+1', 1_000_000),
    '.npy files of 4,000,000 booleans in columns': boolFiles(4_000_000),
  }
}

/** The same, with millions of rows and of lines. */
function longBodies(): Record<string, Request> {
  const rows = 2 ** 24 - 64
  return {
    '16.7 million rows of one byte': binary({ loss: 'mse', labelFormat: 'index' }, [
      { ...byte(rows), name: 'predictions', shape: [rows, 1] },
      { ...byte(rows), name: 'labels', shape: [rows] },
    ]),
    '1,000,000 lines of one row': {
      headers: ndjson,
      body: Buffer.concat([Buffer.from(options), Buffer.alloc(line.length * 1e6, line)]),
    },
    '10 million rows of one number as JSON': {
      body: jsonOf('mse', `[${repeated('[0]', 1e7)}]`, `[${repeated('0', 1e7)}]`),
    },
    '16 million rows of one number as CSV': csvFiles('0', 16e6),
    '16.7 million booleans in .npy files': boolFiles(2 * (2 ** 24 - 512), 1),
    'a row of 16.7 million that are shuffled': largeShuffle,
    '100,000 of 13 million rows': largestPopulation(),
  }
}

/** Numbers that cost the most to read. */
function hardNumbers(): Record<string, Request> {
  const labels = (length: number) => `[${repeated('0', length)}]`
  const lists = (text: string, length: number) => ({
    body: jsonOf('mse', `[${repeated(text, length)}]`, labels(length)).replace('"index"', '"values"'),
  })
  return {
    'numbers of 65,000 digits': lists(`0.1${'9'.repeat(64_990)}`, 1000),
    'numbers of 64,000 digits halfway between doubles': lists(`9007199254740993.${'0'.repeat(64_000)}1`, 1000),
    'short numbers halfway between doubles': lists('9007199254740993.0000000001', 300_000),
  }
}

function jsonOf(loss: string, predictions: string, labels: string, more = ''): string {
  return `{"loss":"${loss}","labelFormat":"index",${more}"predictions":${predictions},"labels":${labels}}`
}

/** Options of so many bytes that are wrong in each of their elements. */
function wrongOptions(bytes: number): Record<string, Request> {
  const head = (text: string, bytes = ''): Request => ({
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': text.length },
    body: text + bytes,
  })
  const numbers = repeated('0', bytes / 2)
  const texts = repeated('""', Math.floor(bytes / 3))
  const tensors = '"predictions":[1,2],"labels":0'
  const temperature = '"loss":"cross-entropy","labelFormat":"index","parameter":{"name":"temperature"}'
  const input = '"datatype":"UINT8","parameters":{"binary_data_size":2}'
  return {
    'numbers for values': { path: '/v1/sweeps', body: `{${temperature},${tensors},"values":[${numbers}]}` },
    'texts for values': { path: '/v1/sweeps', body: `{${temperature},${tensors},"values":[${texts}]}` },
    'numbers for include': { body: `{"loss":"mse","labelFormat":"values",${tensors},"include":[${numbers}]}` },
    'texts for a shape': head(
      `{"parameters":{"loss":"mse"},"inputs":[{"name":"predictions","shape":[${texts}],${input}}]}`,
    ),
    'numbers for inputs': head(`{"parameters":{"loss":"mse"},"inputs":[${numbers}]}`),
    'texts for classWeights': head(
      `{"parameters":{"loss":"cross-entropy","labelFormat":"index","classWeights":[${texts}]},"inputs":[{"name":"predictions","shape":[1,2],${input}},{"name":"labels","shape":[2],${input}}]}`,
      '\x01\x00\x00\x00',
    ),
    'a long text': { body: `{"loss":"mse","labelFormat":"${'x'.repeat(bytes)}",${tensors}}` },
    'numbers for a size': { path: '/v1/mini-batches', body: `{"size":[${numbers}]}` },
    'texts for predictions': {
      body: `{"loss":"mse","labelFormat":"values","predictions":[${repeated('"x"', 4e6)}],"labels":[0]}`,
    },
  }
}

/** Forms of very many parts, files that announce what they do not have, and CSV without an end. */
function wrongForms(): Record<string, Request> {
  const file = (name: string, bytes: Buffer, type: string) => formRequest([[name, bytes, type]])
  const npy = (shape: string, descr = '<f8') => {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}}`
    const length = Buffer.from(Uint16Array.of(text.length).buffer)
    return Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), length, Buffer.from(text), Buffer.alloc(800)])
  }
  const binaryType = 'application/octet-stream'
  return {
    '100,000 parts': formRequest(times(100_000, ['x', '1'] as const)),
    'a shape of 2^60 numbers': file('predictions', npy('(1152921504606846976,)'), binaryType),
    'a shape of 33 million numbers': file('predictions', npy('(33554432,)'), binaryType),
    'a shape of 65,000 digits': file('predictions', npy(`(${'9'.repeat(60_000)},)`), binaryType),
    'a header of blanks': file('predictions', npy(`(1,)${' '.repeat(65_000)}`), binaryType),
    'CSV of one line of 32 MB': file('predictions', Buffer.alloc(32e6, '1,'), 'text/csv'),
    'CSV of one number of 32 MB': file('predictions', Buffer.alloc(32e6, '1'), 'text/csv'),
    'CSV in quotes that never end': file('predictions', Buffer.alloc(32e6, '"1\n'), 'text/csv'),
    'CSV of line ends': file('predictions', Buffer.alloc(32e6, '\n'), 'text/csv'),
    'an option of 32 MB': formRequest([['loss', '1'.repeat(32e6)]]),
    'a part without an end': {
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: Buffer.concat([Buffer.from('--b\r\ncontent-disposition: form-data; name="'), Buffer.alloc(32e6, 'x')]),
    },
  }
}

/** A body in chunks of one byte. */
function inBytes(bytes: Buffer): Buffer {
  const chunks = Buffer.alloc(6 * bytes.length, '1\r\n?\r\n')
  for (const [at, byte] of bytes.entries()) chunks[6 * at + 3] = byte
  return Buffer.concat([chunks, Buffer.from(lastChunk)])
}

async function sendInChunks(port: number, chunks: Buffer): Promise<Outcome> {
  const client = await Client.open(port)
  await client.write(headOf({ headers: { 'transfer-encoding': 'chunked' } }))
  void client.write(chunks)
  const reply = await client.answer()
  client.leave()
  return reply ?? client.error ?? 'no answer'
}

export const processor = [
  load({
    name: 'legal bodies of every kind, one after the other',
    isShort: true,
    isLegal: true,
    expected: ['200'],
    send: (service, { legalTurn }) => alone(service, legalBodies(), legalTurn),
  }),
  load({
    name: 'legal bodies of millions of rows and of lines',
    isLegal: true,
    expected: ['200'],
    send: (service, { legalTurn }) => alone(service, longBodies(), legalTurn),
  }),
  load({
    name: 'four clients upload 12 MB of JSON each, without pause',
    isLegal: true,
    expected: ['200'],
    async send(service) {
      const request = oneDigitJson(12e6)
      const uploads = times(4, undefined).map(async () => {
        const outcomes = []
        for (let round = 0; round < 8; round++) outcomes.push(await ask(service.port, request))
        return outcomes
      })
      return { outcomes: (await Promise.all(uploads)).flat() }
    },
  }),
  load({ name: 'numbers that are hard to read', send: (service, { turn }) => alone(service, hardNumbers(), turn) }),
  ...[250_000, 1_000_000].map((bytes) =>
    load({
      name: `${bytes / 1000} kB of options that are wrong in each element`,
      isShort: bytes === 250_000,
      expected: ['422', '413', '400'],
      send: (service, { turn }) => alone(service, wrongOptions(bytes), turn),
    }),
  ),
  load({
    name: 'a sweep of 500,000 numbers at 500 values in 3 kB of gzip',
    isShort: true,
    expected: ['413', '422'],
    processor: 0.5,
    send: async (service) => ({ outcomes: [await ask(service.port, compressed(sweep(2, 250_000, 500)), {}, 120_000)] }),
  }),
  load({
    name: 'a sweep of 20 million numbers at 50 values in gzip, left after 2 s',
    expected: ['413', '422'],
    processor: 2,
    async send(service) {
      const outcomes = [await sendAndLeave(service, compressed(sweep(100, 200_000, 50)), 2000)]
      await sleep(3000)
      return { outcomes }
    },
  }),
  load({
    name: 'fifty sweeps at once',
    isShort: true,
    expected: ['200', '503'],
    send: async (service) => ({ outcomes: await together(service, times(50, sweep(2000, 2, 50))) }),
  }),
  load({
    name: 'fifty sweeps of 2,000,000 numbers at once',
    expected: ['200', '503'],
    send: async (service) => ({ outcomes: await together(service, times(50, sweep(2000, 2, 500)), 120_000) }),
  }),
  load({
    name: 'fifty draws of 100,000 row numbers at once',
    expected: ['200', '503'],
    send: async (service) => ({ outcomes: await together(service, times(50, largeAnswer)) }),
  }),
  load({
    name: 'ignoreIndex over 8 million rows',
    isLegal: true,
    expected: ['200'],
    send: async (service) => ({ outcomes: [await ask(service.port, ignoredRows(8e6))] }),
  }),
  load({
    name: 'labels wrong in each of 2,000,000 rows',
    isShort: true,
    expected: ['422', '200'],
    async send(service, tolerance) {
      const begin = service.processor
      const right = await ask(service.port, oneHotRows(2e6, true))
      const between = service.processor
      const wrong = await ask(service.port, oneHotRows(2e6, false))
      const [cheap, dear] = [between - begin, service.processor - between]
      // the clock of the processor ticks each 10 ms
      const isDear = dear > 0.05 + 1.1 * cheap * tolerance.processor
      const faults = isDear ? [`the wrong body took ${dear.toFixed(2)} s, the right one ${cheap.toFixed(2)}`] : []
      return { outcomes: [right, wrong], faults }
    },
  }),
  load({
    name: 'labels wrong in each of 8 million rows, in gzip, left after 1 s',
    processor: 3,
    async send(service) {
      const outcomes = [await sendAndLeave(service, compressed(oneHotRows(8_000_000, false)), 1000)]
      await sleep(5000)
      return { outcomes }
    },
  }),
  load({
    name: 'what is left stops',
    isShort: true,
    async send(service) {
      const request = sweep(5000, 1000, 2)
      const outcomes = await Promise.all(times(4, 700).map((after) => sendAndLeave(service, request, after)))
      await sleep(500)
      const begin = service.processor
      await sleep(1500)
      const used = service.processor - begin
      // computing on would take all of it; a collection after the peak takes up to half a second
      return { outcomes, faults: used > 0.9 ? [`${used.toFixed(2)} of 1.5 s for nobody`] : [] }
    },
  }),
  load({
    name: '630,000 chunks of one byte',
    send: async (service) => ({
      outcomes: [
        await sendInChunks(service.port, inBytes(Buffer.from(jsonOf('mse', `[${repeated('1', 300_000)}]`, '0')))),
      ],
    }),
  }),
  load({
    name: '8 clients send chunks of one byte',
    expected: ['200'],
    async send(service) {
      const chunks = inBytes(Buffer.from(jsonOf('mse', `[${repeated('1', 100_000)}]`, '0')))
      return { outcomes: await Promise.all(times(8, chunks).map((each) => sendInChunks(service.port, each))) }
    },
  }),
  load({
    name: '200 clients send chunks of one byte',
    expected: ['200', '503'],
    async send(service) {
      const chunks = inBytes(Buffer.from(jsonOf('mse', `[${repeated('1', 10_000)}]`, '0')))
      return { outcomes: await Promise.all(times(200, chunks).map((each) => sendInChunks(service.port, each))) }
    },
  }),
  load({
    name: 'metrics of 600 x 1,000 values of every size',
    expected: ['200'],
    processor: 4,
    send: async (service) => ({ outcomes: [await ask(service.port, wideMetrics(600, 1000), {}, 120_000)] }),
  }),
  load({
    name: 'intervals of values of every size, of many classes and of binary outputs',
    expected: ['200'],
    processor: 14,
    send: (service, { turn }) =>
      alone(
        service,
        {
          '32 values': sureValues(2000, 32),
          '5,000 values': sureValues(10, 5000),
          '440 classes': sureLabels(20_000, 440, 'index'),
          '32 binary outputs': sureLabels(20_000, 32, 'binary'),
          '3,000 binary outputs': sureLabels(100, 3000, 'binary'),
        },
        turn,
      ),
  }),
  load({
    name: 'ranking of 99,000 outputs, and of 8 million rows',
    expected: ['200'],
    send: (service, { turn }) =>
      alone(service, { '99,000 outputs': ranked(3, 99_000), '8 million rows': ranked(8e6, 1) }, turn),
  }),
  load({
    name: 'lists of 1,000 evaluations: 100 at once',
    expected: ['200', '503'],
    async send(service) {
      const body = JSON.stringify({ loss: 'mse', labelFormat: 'values', outputs: 1 })
      for (let from = 0; from < 1000; from += 50) {
        const names = Array.from({ length: 50 }, (_, at) => `listed-${from + at}`)
        const declared = names.map((name) => ({ method: 'PUT', path: `/v1/evaluations/${name}`, body }))
        await together(service, declared)
      }
      const list = { method: 'GET', path: '/v1/evaluations?limit=1000' }
      return { outcomes: await together(service, times(100, list)) }
    },
  }),
  load({
    name: 'forms that lie or never end',
    isShort: true,
    expected: ['413', '400', '422'],
    send: (service, { turn }) => alone(service, wrongForms(), turn),
  }),
  load({
    name: '1 GiB of blanks in 1 MB of gzip',
    expected: ['413'],
    processor: 2,
    send: async (service) => {
      const body = Buffer.concat(times(1024, gzipSync(Buffer.alloc(mebibyte, ' '), { level: 9 })))
      return { outcomes: [await ask(service.port, { body, headers: { 'content-encoding': 'gzip' } })] }
    },
  }),
]
