import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { environment } from '../../src/config.ts'
import { problems } from '../../src/http/problems.ts'
import { errorCodes } from '../../src/loss/error-codes.ts'

/** Words that a reader stumbles over, each with what to write. */
const dialect: readonly (readonly [RegExp, string])[] = [
  [/(?<!\b[Tt]here )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|such\b)[A-Za-z]/, 'is not a'],
  [/\b(?:every|all|any|each|none|nothing|everything|one|ones)(?: \w+)? but\b/, 'except'],
  [/\b(?:by|for|of|over|has|have|row|rows|tab|quotes|output|batches|pairs) alone\b/, 'only'],
  [/(?:^|[.:;?!] )Of (?!these\b)/m, 'put the subject first'],
  [/\b(?:tells?|told)\b/, 'shows, reports, returns'],
  [/\b(?:whoever|nobody|everybody)\b/i, 'anyone, no one, the client'],
  [/\banew\b/, 'again'],
  [/\bbeside (?:it|each|the|a)\b/, 'next to, alongside'],
  [/\b(?:is|are|was|were) there already\b/, 'already exists'],
  [/\bhow (?:full|sure)\b/, 'how busy, how certain'],
  [/\bas many (?:again|as it likes)\b/, 'name the number, or unlimited'],
  [/\bwhen inflated\b/, 'after decompression'],
  [
    /\b(?:malformed|whole|the|this|every|wrong) address(?:es)? (?:is malformed|of the page|that was asked|below)\b/,
    'URL',
  ],
  [/\btakes? no\b/, 'accepts no'],
]

/** Where such words stay, and why. */
const exceptions: readonly (readonly [RegExp, string])[] = [[/^ +anew: /, 'the name of a string']]

const root = join(import.meta.dirname, '../..')

function descriptionsIn(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return []
  return Object.entries(part).flatMap(([name, inner]) =>
    (name === 'description' || name === 'summary') && typeof inner === 'string' ? [inner] : descriptionsIn(inner),
  )
}

/** A page without its code, whose words are those of programs. */
function proseOf(page: string): string {
  return page.replaceAll(/```[\s\S]*?```|<!--[\s\S]*?-->/g, '').replaceAll(/`[^`\n]*`/g, '`code`')
}

const document = JSON.parse(readFileSync(join(root, 'openapi/openapi.json'), 'utf8'))
const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...globSync('docs/{*.md,operate/*.md}', { cwd: root })]
const texts: readonly (readonly [string, readonly string[]])[] = [
  ['openapi.json', [...new Set(descriptionsIn(document))]],
  ['environment variables', Object.values(environment.shape).map(({ description = '' }) => description)],
  ['problems', Object.values(problems).flatMap(({ title, meaning, remedy }) => [title, meaning, remedy])],
  ['error codes', Object.values(errorCodes)],
  ['the strings of the pages', readFileSync(join(root, 'src/pages/strings/en.js'), 'utf8').split('\n')],
  ...pages.map((page) => [page, proseOf(readFileSync(join(root, page), 'utf8')).split('\n')] as const),
]

for (const [name, sentences] of texts)
  test(`plain sentences: ${name}`, async (t) => {
    t.ok(sentences.length > 5)
    const found = sentences.flatMap((sentence) => {
      const said = exceptions.reduce((rest, [exception]) => rest.replaceAll(new RegExp(exception, 'g'), ''), sentence)
      return dialect.flatMap(([word, instead]) => {
        const [match] = word.exec(said) ?? []
        return match === undefined ? [] : [`"${match}", write ${instead}: ${sentence}`]
      })
    })
    t.same(found, [])
  })

test('the words are found', async (t) => {
  const wrong = [
    'This is no JSON.',
    'every loss but hinge',
    'for this tab alone',
    'Of a batch the service keeps its sums.',
    '`load` tells how busy it is',
    'Nobody knows.',
    'It can be declared anew.',
    'The proxy beside it.',
    'It is there already.',
    'how full the service is',
    'as many as it likes',
    'bytes, when inflated',
    'the address below',
    'It takes no more batches.',
  ]
  t.equal(wrong.length, dialect.length)
  for (const [at, [word]] of dialect.entries()) t.match(wrong[at], word)
})
