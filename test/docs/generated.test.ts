import { test } from 'tap'
import { generate, optionTables, variableTables } from '../../docs/generate.ts'
import { environment } from '../../src/config.ts'
import { losses, lossNames } from '../../src/loss/kernels/index.ts'
import { defaultFor, optionNames, optionOf } from '../../src/loss/options.ts'
import { pages, read } from './markdown.ts'

test('the generated tables are those of the code (npm run docs writes them)', async (t) => {
  for (const page of pages) t.equal(read(page), generate(read(page)), page)
})

test('every option and every variable is in one of the tables, and every table is on a page', async (t) => {
  t.same(Object.values(optionTables).flat().toSorted(), optionNames.toSorted())
  t.same(Object.values(variableTables).flat().toSorted(), Object.keys(environment.shape).toSorted())
  const shown = pages.flatMap((page) =>
    Array.from(read(page).matchAll(/<!-- generated: (.*) -->/g), ([, name]) => name),
  )
  t.same(
    shown.toSorted(),
    ['formulas', 'formats', ...Object.keys(optionTables), ...Object.keys(variableTables)].toSorted(),
  )
})

test('the README names every loss', async (t) => {
  const [table] = read('README.md').split('\n## Losses\n')[1].split('\n## ')
  for (const name of lossNames) t.match(table, `\`${name}\``, name)
})

test('a default told in words is that of every loss', async (t) => {
  for (const name of optionNames) {
    const words = optionOf(name).default?.words ?? ''
    for (const loss of lossNames) {
      for (const format of losses[loss].predictionFormats) {
        const value = defaultFor(name, losses[loss], format)
        const shown = typeof value === 'string' ? value : JSON.stringify(value)
        if (value !== undefined) t.ok(words.includes(`\`${shown}\``), `${name}, ${loss}, ${format}: ${words}`)
      }
    }
  }
})
