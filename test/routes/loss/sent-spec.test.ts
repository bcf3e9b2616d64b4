import { Readable } from 'node:stream'
import { test } from 'tap'
import type { ParsedBody } from '../../../src/formats/parsed-body.ts'
import { SingleBatch, singleBatch } from '../../../src/formats/parsed-body.ts'
import { specOf } from '../../../src/routes/loss/sent-spec.ts'

const options = { loss: 'cross-entropy', labelFormat: 'index', labelSmoothing: 0.25 }

/** A body whose options may be asked for so many times. */
function bodyOf(text: string, most = 2): ParsedBody {
  let left = most
  const source = {
    text,
    get options() {
      if (left-- === 0) throw new Error('its text is known')
      return JSON.parse(text)
    },
  }
  return new SingleBatch(source, {})
}

test('the same text of options is looked at once', async (t) => {
  const text = JSON.stringify(options)
  const first = specOf(bodyOf(text))
  t.match(first.spec, options)
  t.match(JSON.parse(first.text as string), { ...options, epsilon: 1e-7 })
  t.equal(specOf(bodyOf(text, 0)), first)
  t.not(specOf(bodyOf(` ${text}`)), first)
})

test('another text is another spec, however many there are', async (t) => {
  for (let at = 0; at < 5000; at++) {
    const labelSmoothing = at / 8192
    t.equal(specOf(bodyOf(JSON.stringify({ ...options, labelSmoothing }))).spec.labelSmoothing, labelSmoothing)
  }
  const text = JSON.stringify({ ...options, labelSmoothing: 0 })
  t.equal(specOf(bodyOf(text)).spec.labelSmoothing, 0, 'the first was forgotten')
})

test('a long text is not remembered', async (t) => {
  const text = `${' '.repeat(5000)}${JSON.stringify(options)}`
  t.match(specOf(bodyOf(text)).spec, options)
  t.throws(() => specOf(bodyOf(text, 0)), /its text is known/)
})

test('options that hold tensors, and those of a stream, are looked at each time', async (t) => {
  const data = Float64Array.of(1, 2)
  const classWeights = { data, shape: [2], nonNumeric: [], nonNumericCount: 0 }
  const { spec, text } = specOf(singleBatch({ ...options, classWeights }, {}))
  t.same([spec.classWeights, text], [data, undefined])
  t.equal(specOf({ options, location: {}, batches: () => Readable.from([]) }).text, undefined)
})

test('what is wrong is refused each time, and by its place', async (t) => {
  const text = JSON.stringify({ ...options, epsilon: -1 })
  for (const _ of [1, 2]) t.throws(() => specOf(bodyOf(text)), /epsilon must be/)
  const stream = { options: { ...options, reduction: 'none' }, location: { line: 1 }, batches: () => Readable.from([]) }
  t.throws(() => specOf(stream), /is only available for a single batch/)
})
