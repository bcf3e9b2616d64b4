import { test } from 'tap'
import { JsonValue } from '../../src/formats/json-value.ts'
import type { Memory } from '../../src/loss/memory.ts'
import { InvalidContent } from '../../src/loss/validation-errors.ts'
import { ScanSyntaxError } from '../../src/scanner/scanner.ts'
import { finish } from '../loss/support.ts'
import { unaccounted } from '../unaccounted.ts'
import { limits, outcomeOf, workOf } from './support.ts'

/** The error that a text ends in, written whole and in single bytes. */
function errorsOf(text: string, origin = 0, memory: Memory = unaccounted): unknown[] {
  const bytes = Buffer.from(text)
  return [[bytes], Array.from(bytes, (byte) => Buffer.of(byte))].map((chunks) =>
    outcomeOf(() => {
      const value = new JsonValue(limits(), memory, origin)
      for (const piece of chunks) value.write(piece)
      return finish(value.end())
    }),
  )
}

const values: readonly [string, string][] = [
  ['[1,2]', 'an array of 2'],
  [' [ ] ', 'an array of 0'],
  ['[[1,2],[3,4],[5,6]]', 'an array of 3'],
  ['[[1],[2,3]]', 'an array'],
  ['[[[1]]]', 'an array'],
  ['[null,"x"]', 'an array of 2'],
  ['[{"a":[1,{}],"b":"},{"}]', 'an array of 1'],
  ['"x"', 'a string'],
  ['"a,}\\"]\\\\"', 'a string'],
  ['-1.5e3', 'a number'],
  ['0', 'a number'],
  ['null\n', 'null'],
  ['true', 'true'],
  ['false', 'false'],
]

for (const [text, received] of values) {
  test(`${text} is no object`, async (t) => {
    JSON.parse(text)
    for (const error of errorsOf(text)) {
      t.ok(error instanceof InvalidContent)
      const detail = `the body is ${received}; it must be one JSON object`
      t.same((error as InvalidContent).errors.list, [{ path: [], code: 'wrong-type', detail, received }])
    }
  })
}

const noDocuments: readonly [string, string][] = [
  ['1,"a":2', "Unexpected token ',' at byte 1; nothing may follow the document"],
  ['[1],', "Unexpected token ',' at byte 3; nothing may follow the document"],
  ['[1]}', "Unexpected token '}' at byte 3; nothing may follow the document"],
  ['"a"}', "Unexpected token '}' at byte 3; nothing may follow the document"],
  ['null}{', "Unexpected token '}' at byte 4; nothing may follow the document"],
  ['[1] 2', "Unexpected token '2' at byte 4; ',' or '}' was expected"],
  ['[1', 'Unexpected end at byte 2; the document is not complete'],
  ['[[1]', 'Unexpected end at byte 4; the document is not complete'],
  ['"a', 'Unexpected end at byte 2; the document is not complete'],
  ['-', 'Unexpected end at byte 1; the document is not complete'],
  ['1.', 'Unexpected end at byte 2; the document is not complete'],
  ['nul', 'Unexpected end at byte 3; the document is not complete'],
  ['01', "Unexpected token '1' at byte 1; ',' or '}' was expected"],
  ['[1}', "Unexpected token '}' at byte 2; ',' or ']' was expected"],
  ['[{]}', "Unexpected token ']' at byte 2; a key or '}' was expected"],
  ['not', "Unexpected token 'o' at byte 1; true, false or null was expected"],
]

for (const [text, message] of noDocuments) {
  test(`${text} is no JSON`, async (t) => {
    t.throws(() => JSON.parse(text))
    for (const error of errorsOf(text)) {
      t.ok(error instanceof ScanSyntaxError)
      t.equal((error as ScanSyntaxError).message, message)
    }
  })
}

test('a value that is given up gives back what it took', async (t) => {
  const { work, budget } = workOf()
  const value = new JsonValue(limits(), work.memory, 0)
  value.write(Buffer.from(`[${'1,'.repeat(100_000)}`))
  t.ok(budget.held > 0)
  value.discard()
  t.equal(budget.held, 0)
})
