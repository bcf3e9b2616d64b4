import { test } from 'tap'
import type { Doubles } from '../../src/loss/tensor.ts'
import type { LineGroup } from '../../src/scanner/lines.ts'
import { longestLine, readLineGroup } from '../../src/scanner/lines.ts'
import { matrix } from '../matrix.ts'
import { unaccounted } from '../unaccounted.ts'
import { generator } from './support.ts'

type Line = { predictions: number[] | number[][]; labels: number | number[] | number[][] }

function textOf(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

function read(text: string): LineGroup | undefined {
  return readLineGroup(Buffer.from(text), unaccounted)
}

/** What a run holds, as lists. */
function plain(run: LineGroup | undefined): unknown {
  if (run === undefined) return undefined
  const { lines, bytes, isOfSingles, predictions, labels } = run
  return [lines, bytes, isOfSingles, ...[predictions, labels].map(({ data, shape }) => [Array.from(data), shape])]
}

const kinds: readonly [name: string, lines: readonly Line[], shapes: readonly [number[], number[]]][] = [
  [
    'rows and indices',
    [
      { predictions: matrix('1 2.5; 3 4e-7'), labels: [0, 1] },
      { predictions: [[-0, 6]], labels: [1] },
    ],
    [[3, 2], [3]],
  ],
  [
    'rows and rows',
    [
      { predictions: [[1, 2]], labels: [[0, 1]] },
      { predictions: matrix('5 6; 7 8'), labels: matrix('1 0; 0 1') },
    ],
    [
      [3, 2],
      [3, 2],
    ],
  ],
  ['rows of one', [{ predictions: [[1], [2]], labels: [0, 1] }], [[2, 1], [2]]],
  [
    'a sample and its bare class',
    [
      { predictions: [0.25, 0.75], labels: 1 },
      { predictions: [1, 0], labels: 0 },
    ],
    [[2, 2], [2]],
  ],
  ['a sample and its class in a list', [{ predictions: [0.25, 0.75], labels: [1] }], [[1, 2], [1]]],
]

for (const [name, lines, [ofPredictions, ofLabels]] of kinds) {
  test(`lines are read together: ${name}`, async (t) => {
    const text = textOf(lines)
    const numbers = (field: keyof Line) => lines.flatMap((line) => [line[field]].flat(3))
    const whole = [
      lines.length,
      text.length,
      !Array.isArray((lines[0].predictions as unknown[])[0]),
      [numbers('predictions'), ofPredictions],
      [numbers('labels'), ofLabels],
    ]
    t.strictSame(plain(read(text)), whole)
    t.strictSame(plain(read(`${text}{"predictions":[1`)), whole, 'up to a line that is not whole')
    const spaced = text.replaceAll(/[,:[\]}]/g, ' $& ').replaceAll('" :', '":')
    t.strictSame([plain(read(spaced))].flat().slice(2), whole.slice(2), 'with white space')
    t.strictSame(plain(read(text.replaceAll('\n', '\r\n'))), [
      lines.length,
      text.length + lines.length,
      ...whole.slice(2),
    ])
  })
}

test('the bits are those of JSON.parse', async (t) => {
  const random = generator(5)
  const numbers = () => (random() / 2 ** 32) * 10 ** (random(40) - 20) * (random(2) === 0 ? 1 : -1)
  const lines = Array.from({ length: 200 }, () => {
    const rows = 1 + random(3)
    return {
      predictions: Array.from({ length: rows }, () => Array.from({ length: 7 }, numbers)),
      labels: Array.from({ length: rows }, numbers),
    }
  })
  const run = read(textOf(lines)) as LineGroup
  t.ok(run.lines > 50)
  const taken = lines.slice(0, run.lines)
  t.strictSame(
    Array.from(run.predictions.data),
    taken.flatMap(({ predictions }) => predictions.flat()),
  )
  t.strictSame(
    Array.from(run.labels.data),
    taken.flatMap(({ labels }) => labels),
  )
})

test('the first line that is not like the others ends the run', async (t) => {
  const like = '{"predictions":[[1,2]],"labels":[1]}\n'
  const ends = [
    '{"predictions":[[1,2,3]],"labels":[1]}\n',
    '{"predictions":[1,2],"labels":1}\n',
    '{"predictions":[[1,2]],"labels":[[1,0]]}\n',
  ]
  for (const end of ends) {
    t.equal(read(like + like + end)?.lines, 2, end)
    t.equal(read(end)?.lines, 1, end)
  }
})

test('what is unusual is left', async (t) => {
  const left = [
    '',
    '\n',
    ' {"predictions":[[1]],"labels":[1]}\n',
    '{"predictions":[[1]],"labels":[1]}',
    '{"labels":[1],"predictions":[[1]]}\n',
    '{"predictions":[[1]],"labels":[1],"sampleWeights":[1]}\n',
    '{"predictions":[[1]],"labels":[1],"labels":[1]}\n',
    '{"predictions":[[1]],"labels":[1]} x\n',
    '{"predictions":[[1]]}\n',
    '{"predictions" :[[1]],"labels":[1]}\n',
    '{"predictions":[[1]],"label":[1]}\n',
    '{"predictions":[[1]] "labels":[1]}\n',
    '{"predictions":[],"labels":[]}\n',
    '{"predictions":[[]],"labels":[1]}\n',
    '{"predictions":[[1],[2,3]],"labels":[1,0]}\n',
    '{"predictions":[[1],2],"labels":[1,0]}\n',
    '{"predictions":[[1] [2]],"labels":[1,0]}\n',
    '{"predictions":[[1]],"labels":[1,0]}\n',
    '{"predictions":[[1],[2]],"labels":[1]}\n',
    '{"predictions":[[1]],"labels":1}\n',
    '{"predictions":[[1]],"labels":[[1],[2]]}\n',
    '{"predictions":[1,2],"labels":[1,2]}\n',
    '{"predictions":[1,2],"labels":[[1,2]]}\n',
    '{"predictions":1,"labels":1}\n',
    '{"predictions":[[01]],"labels":[1]}\n',
    '{"predictions":[[1.]],"labels":[1]}\n',
    '{"predictions":[["1"]],"labels":[1]}\n',
    '{"predictions":[[null]],"labels":[1]}\n',
    '{"predictions":[[1]],"labels":[true]}\n',
    '{"predictions":[[1]],"labels":"1"}\n',
    '{"predictions":[[1,]],"labels":[1]}\n',
    '{"predictions":[[1\n]],"labels":[1]}\n',
    '{"predictions":[[1]],\n"labels":[1]}\n',
    '{"predictions":[[1]],"labels":[1]\n}\n',
  ]
  for (const text of left) t.equal(read(text), undefined, text)
  t.equal(read(`{"predictions":[[${'1,'.repeat(longestLine / 2)}1]],"labels":[1]}\n`), undefined, 'a long line')
})

test('however much it is, what does not fit into a slice is left for the next run, and large tensors are counted', async (t) => {
  const line = '{"predictions":[[1],[2],[3],[4]],"labels":[1,2,3,4]}\n'
  const bytes = Buffer.from(line.repeat(5000))
  let allocated = 0
  const memory = {
    ...unaccounted,
    allocate: (size: number) => {
      allocated += size
      return new ArrayBuffer(size)
    },
  }
  let lines = 0
  for (let from = 0; from < bytes.length; ) {
    const run = readLineGroup(bytes.subarray(from), memory)
    if (run === undefined) break
    t.ok(run.bytes <= longestLine)
    lines += run.lines
    from += run.bytes
  }
  t.equal(lines, 5000)
  t.ok(allocated > 0.9 * 2 * 5000 * 4 * 8, 'all but what is small')
})

test('labels that are texts are read with the others, and told apart', async (t) => {
  const texts = ['cat', '고양이', 'a "b"\\', '\u0007', '']
  const line = (labels: unknown) => `${JSON.stringify({ predictions: [0.25, 0.75], labels })}\n`
  const readTexts = (text: string) => {
    const { lines, labels } = readLineGroup(Buffer.from(text), unaccounted) as LineGroup
    const { data, names } = labels as Doubles
    const words = new Uint32Array(data.buffer, data.byteOffset, 2 * data.length)
    return {
      lines,
      labels: Array.from(data, (value, at) => (Number.isNaN(value) ? names?.texts[(words[2 * at] >>> 3) - 1] : value)),
    }
  }
  t.strictSame(readTexts([...texts, 1, 'cat', [0]].map(line).join('')), { lines: 8, labels: [...texts, 1, 'cat', 0] })
  const lists = '{"predictions":[[1,0],[0,1]],"labels":["cat", 1]}\n{"predictions":[[1,0]],"labels":["dog"]}\n'
  t.strictSame(readTexts(lists), { lines: 2, labels: ['cat', 1, 'dog'] })
  const broken = [`"${'x'.repeat(600)}"`, '"a', '"\n"', '"\u0001"', 'null']
  for (const wrong of broken) {
    const group = readLineGroup(Buffer.from(`${line('cat')}{"predictions":[1,0],"labels":${wrong}}\n`), unaccounted)
    t.equal(group?.lines, 1, wrong.slice(0, 9))
  }
})
