import { test } from 'tap'
import { JsonOptions, JsonTensor } from '../../src/formats/json-part.ts'
import { InvalidContent, LimitExceeded } from '../../src/loss/validation-errors.ts'
import { unaccounted } from '../unaccounted.ts'
import { limits, outcomeOf, resultOf } from './support.ts'

function tensorOf(chunks: readonly string[], most = limits()) {
  const part = new JsonTensor('labels', most, unaccounted)
  for (const chunk of chunks) part.write(Buffer.from(chunk))
  return resultOf(part.end())
}

function optionsOf(text: string) {
  const part = new JsonOptions('options', ['classWeights'], limits(), unaccounted)
  part.write(Buffer.from(text))
  return resultOf(part.end())
}

function errorOf(work: () => unknown): unknown {
  const error = outcomeOf(work)
  return error instanceof InvalidContent && error.errors.count === 1 ? error.errors.list[0] : error
}

test('a tensor is arrays of numbers, or one number', (t) => {
  const of = (shape: number[], ...data: number[]) => {
    return { data: Float64Array.from(data), shape, nonNumeric: [], nonNumericCount: 0 }
  }
  t.same(tensorOf(['[[1,2', ',3],[4,5,6.5]', '] ']), of([2, 3], 1, 2, 3, 4, 5, 6.5))
  t.same(tensorOf(['[1]']), of([1], 1))
  t.same(tensorOf(['-2', 'e1']), of([], -20))
  const { shapeError } = tensorOf(['[[1],[2,3]]'])
  const received = 'an array of 2 numbers'
  t.same(shapeError, { path: [1], detail: 'labels[1] has 2 numbers; the row before it has 1', received })
  t.equal(tensorOf(['[1,null]']).nonNumericCount, 1)
  t.end()
})

test('options are one object', (t) => {
  const { options, tensors } = optionsOf('{"loss":"mse","classWeights":[1,2]}')
  t.same([options, tensors.classWeights.shape], [{ loss: 'mse' }, [2]])
  t.end()
})

test('what is wrong is said of the part', (t) => {
  const wrong = (name: string, why: string) => {
    return { path: [name], detail: `${name} is not valid JSON: ${why}`, received: 'other text' }
  }
  const cases: readonly [string, string][] = [
    ['', 'Unexpected end at byte 0; the document is not complete'],
    ['[1', 'Unexpected end at byte 2; the document is not complete'],
    ['[1],"predictions":[2]', "Unexpected token ',' at byte 3; nothing may follow the document"],
    ['[1]}', "Unexpected token '}' at byte 3; nothing may follow the document"],
    ['[NaN]', "Unexpected token 'N' at byte 1; a value or ']' was expected"],
  ]
  for (const [text, why] of cases)
    t.same(
      errorOf(() => tensorOf([text])),
      wrong('labels', why),
      text,
    )
  t.same(
    errorOf(() => optionsOf('[]')),
    wrong('options', "Unexpected token '[' at byte 0; '{' was expected"),
  )
  t.same(
    errorOf(() => optionsOf('{')),
    wrong('options', "Unexpected end at byte 1; a key or '}' was expected"),
  )
  const error = outcomeOf(() => tensorOf(['[1,2,3]'], limits({ maxElements: 2 }))) as LimitExceeded
  t.ok(error instanceof LimitExceeded)
  t.same(
    [error.limit, error.allowed, error.path, error.message],
    ['maxElements', 2, ['labels'], 'labels exceeds maxElements, 2.'],
  )
  const broken = new Error('no room')
  const memory = {
    ...unaccounted,
    allocate() {
      throw broken
    },
  }
  const part = new JsonTensor('labels', limits(), memory)
  t.equal(
    outcomeOf(() => part.write(Buffer.from(`[${'1,'.repeat(20_000)}`))),
    broken,
  )
  t.end()
})
