import { test } from 'tap'
import { problems } from '../../../src/http/problems.ts'
import { errorCodes } from '../../../src/loss/error-codes.ts'
import { strings as en } from '../../../src/pages/strings/en.js'
import { strings as ko } from '../../../src/pages/strings/ko.js'

/** What may be the same in all languages: formulas, and names of the API and of file formats. */
const isOfNoLanguage = (text: string) =>
  !/[A-Za-z]{3}/.test(
    text.replaceAll(/<math>.*?<\/math>|&\w+;|%\{[^}]+\}|\b(predictions|labels|npy|add-epsilon|log)\b/g, ''),
  )

/** All strings by their paths. A function is called: its parameters are put in as they come. */
function spoken(part: unknown, path = ''): [string, string][] {
  if (typeof part === 'string') return [[path, part]]
  if (typeof part === 'function') {
    const given = Array.from({ length: part.length }, (_, at) => at + 3)
    const said = part(...given)
    checkWhole(path, [said].flat(), given)
    return [[path, [said].flat().join('')]]
  }
  return Object.entries(part as object).flatMap(([key, value]) => spoken(value, `${path}.${key}`))
}

function checkWhole(path: string, parts: unknown[], given: number[]): void {
  const text = parts.join('')
  for (const parameter of given) {
    if (!text.includes(String(parameter))) throw new Error(`${path} does not say its parameter ${parameter}: ${text}`)
  }
}

test('Korean says all that English says, and nothing else', async (t) => {
  // the service says problems in English itself
  const english = new Map(spoken({ ...en, problems: {} }))
  const korean = new Map(spoken({ ...ko, problems: {} }))
  t.same([...korean.keys()], [...english.keys()], 'the same keys in the same order')
  for (const [path, text] of korean) {
    t.ok(text.trim() !== '', path)
    const original = english.get(path) ?? ''
    if (!isOfNoLanguage(original)) t.ok(/\p{Script=Hangul}/u.test(text), `${path} is in Korean: ${text}`)
    // markup must be the same, however the words around it are ordered
    const tags = (html: string) => (html.match(/<[^>]+>/g) ?? []).toSorted()
    t.same(tags(text), tags(original), `${path} has the markup of the English string`)
  }
})

test('English says one of one', async (t) => {
  t.match(en.batch.counts(5, 1), /1 output$/)
  t.match(en.sweeps.summary(9, 'bias', '0', '0', 1, '0'), / 1 level,/)
})

test('every problem and every code of errors is said in Korean', async (t) => {
  t.same(Object.keys(ko.problems.types).toSorted(), Object.keys(problems).toSorted())
  t.same(Object.keys(ko.problems.codes).toSorted(), Object.keys(errorCodes).toSorted())
  for (const [path, text] of spoken(ko.problems)) t.match(text, /\p{Script=Hangul}/u, path)
})
