import { test } from 'tap'
import { isListOfWords, valueOfText } from '../../src/formats/text-option.ts'
import { optionNames } from '../../src/loss/options.ts'

test('the type of an option says what its text is', (t) => {
  const cases: readonly [string, string, unknown][] = [
    ['loss', 'mse', 'mse'],
    ['loss', '"mse"', '"mse"'],
    ['labelFormat', '1', '1'],
    ['reduction', 'none', 'none'],
    ['reduction', 'true', 'true'],
    ['epsilon', '1e-7', 1e-7],
    ['epsilon', ' 0.5 ', 0.5],
    ['epsilon', '', ''],
    ['epsilon', '.5', '.5'],
    ['epsilon', '"1"', '1'],
    ['ignoreIndex', '-100', -100],
    ['include', '["confusion"]', ['confusion']],
    ['include', 'confusion', ['confusion']],
    ['include', '', ['']],
    ['groupBy', 'country', ['country']],
    ['groupBy', '["country",["country","device"]]', ['country', ['country', 'device']]],
    ['miniBatch', '{"size":2,"seed":1}', { size: 2, seed: 1 }],
    ['unknown', '1', '1'],
    ['toString', '1', '1'],
  ]
  for (const [name, text, value] of cases) t.same(valueOfText(name, text), value, `${name} ${text}`)
  for (const name of optionNames) {
    t.same(valueOfText(name, 'no JSON'), isListOfWords(name) || name === 'groupBy' ? ['no JSON'] : 'no JSON')
    t.equal(isListOfWords(name), name === 'include' || name === 'classes')
  }
  t.end()
})

test('text that is declared to be JSON is JSON', (t) => {
  t.equal(valueOfText('loss', '"mse"', true), 'mse')
  t.equal(valueOfText('loss', 'mse', true), 'mse')
  t.same(valueOfText('unknown', '[1]', true), [1])
  t.end()
})
