import fc from 'fast-check'
import { test } from 'tap'
import { Resources } from '../../src/http/request-context.ts'
import { jsonText, payloadOf, sendJson } from '../../src/http/send-json.ts'
import { NumberRows } from '../../src/loss/report/number-rows.ts'
import { limits } from '../formats/support.ts'
import { bare } from './plugins/support.ts'

function written(value: unknown): { text: string; steps: number } {
  const steps = jsonText(value)
  for (let count = 1; ; count++) {
    const { done, value: text } = steps.next()
    if (done) return { text, steps: count }
  }
}

test('the text is that of JSON.stringify', (t) => {
  const scalar = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string(),
    fc.boolean(),
    fc.constant(null),
  )
  const value = fc.letrec((tie) => ({
    value: fc.oneof(scalar, fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
  })).value
  fc.assert(
    fc.property(value, fc.constantFrom(1, 700, 3000), (inner, times) => {
      const large = { first: inner, missing: undefined, many: new Array(times).fill(inner), last: 1 }
      t.equal(written(large).text, JSON.stringify(large))
    }),
    { numRuns: 20 },
  )
  t.end()
})

test('large answers are written in many steps', (t) => {
  const rows = Array.from({ length: 300 }, (_, row) => Array.from({ length: 300 }, (_, column) => row * column))
  const objects = Array.from({ length: 20_000 }, (_, at) => ({ class: at, loss: null, recall: at / 7 }))
  const cases: [unknown, number][] = [
    [{ loss: 1 }, 1],
    [Array.from({ length: 100_000 }, (_, at) => at), 20],
    [rows, 20],
    [objects, 15],
    [{ perSample: { losses: rows.flat() }, perClass: objects, nothing: undefined }, 30],
    [Object.fromEntries(rows.flat().map((value, at) => [`key ${at}`, value])), 20],
  ]
  for (const [value, least] of cases) {
    const { text, steps } = written(value)
    t.equal(text, JSON.stringify(value))
    t.ok(steps >= least, `${steps} steps, at least ${least}`)
  }
  t.end()
})

test('rows of numbers are written in many steps, however wide they are', (t) => {
  const numbers = Float64Array.from({ length: 60_000 }, (_, at) => (at % 1000 === 0 ? Number.NaN : Math.sin(at)))
  for (const [width, least] of [
    [undefined, 15],
    [1, 15],
    [10, 15],
    [2500, 24],
    [4096 * 5 - 480, 15],
    [60_000, 15],
  ] as const) {
    const value = { loss: 1, gradient: new NumberRows(numbers, width) }
    const { text, steps } = written(value)
    t.equal(text, JSON.stringify(value), `rows of ${width}`)
    t.ok(steps >= least, `${steps} steps, at least ${least}`)
  }
  t.equal(written(new NumberRows(numbers.subarray(0, 20), 10)).steps, 1)
  t.end()
})

test('a large text is encoded in steps, and no character is cut', (t) => {
  const quarter = 2 ** 18
  for (const text of [
    '',
    'short, and é',
    'a'.repeat(quarter),
    'a'.repeat(quarter + 1),
    `${'a'.repeat(quarter - 1)}\u{1f642}${'é'.repeat(quarter)}`,
    `${'a'.repeat(quarter - 2)}\u{1f642}`,
    '\u{1f642}'.repeat(5 * quarter),
  ]) {
    const steps = payloadOf(text)
    let count = 0
    let step = steps.next()
    for (; !step.done; step = steps.next()) count++
    t.equal(Buffer.from(step.value).toString(), text)
    t.equal(typeof step.value === 'string', text.length <= quarter)
    t.equal(count >= Math.floor((text.length - 1) / quarter), true, `${count} steps for ${text.length} characters`)
  }
  t.end()
})

test('an answer is JSON, whatever its size', async (t) => {
  const many = Array.from({ length: 50_000 }, (_, at) => ({ at, third: at / 3, name: 'é"' }))
  for (const answer of [{ loss: 0.5 }, [], { many, nothing: undefined }]) {
    const app = bare(t)
    const { task } = new Resources(limits()).open('a')
    app.get('/', (_, reply) => sendJson(reply.code(201), task, answer))
    const { statusCode, headers, body } = await app.inject('/')
    t.same([statusCode, headers['content-type']], [201, 'application/json; charset=utf-8'])
    t.equal(body, JSON.stringify(answer))
    t.equal(headers['content-length'], String(Buffer.byteLength(body)))
  }
})

test('others have their turn while a large answer is written', async (t) => {
  const app = bare(t)
  const { task } = new Resources(limits()).open('a')
  const answer = Array.from({ length: 1_000_000 }, (_, at) => at / 7)
  app.get('/', (_, reply) => sendJson(reply, task, answer))
  let turns = 0
  const others = setInterval(() => turns++, 1)
  const { body } = await app.inject('/')
  clearInterval(others)
  t.equal(body.length, JSON.stringify(answer).length)
  t.ok(turns > 5, `${turns} turns`)
})

test('an answer that nobody waits for any more is not sent', async (t) => {
  const app = bare(t)
  const work = new Resources(limits()).open('a')
  app.get('/', (_, reply) => sendJson(reply, work.task, { loss: 1 }))
  work.giveWay(new Error('no room'))
  t.equal((await app.inject('/')).statusCode, 500)
})
