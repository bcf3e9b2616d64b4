import { distance } from 'fastest-levenshtein'
import type { Meaning } from './other-names.ts'
import { fieldsMeant, lettersOf, meaningOf, otherWords } from './other-names.ts'

const longest = 40
/** Of an acronym so short, one letter more or less is another loss: `rmse` is not `mse`. */
const longestAcronym = 4

/** The end of an error about an unknown word, such as `; did you mean "cross-entropy"?`; '' where none is near. */
export function didYouMean(field: string, received: unknown, names: readonly string[]): string {
  const meant = typeof received === 'string' ? meaningsOf(field, received, names) : []
  return meant.length === 0 ? '' : `; did you mean ${meant.map((meaning) => inWords(field, meaning)).join(' or ')}?`
}

/** What a word may mean in a field that takes these names: a name of ours, and perhaps other options. */
export function meaningsOf(field: string, word: string, names: readonly string[]): readonly Meaning[] {
  if (word.length > longest) return []
  const own = names.find((name) => [lettersOf(name), `${lettersOf(name)}loss`].includes(lettersOf(word)))
  const known = own === undefined ? meaningOf(field, word) : [{ [field]: own }]
  if (known !== undefined) return known.filter(({ [field]: name }) => names.includes(name))
  const near = nearest(word, [...names, ...otherWords(field)])
  if (near === undefined || (field === 'loss' && near.length <= longestAcronym)) return []
  return names.includes(near) ? [{ [field]: near }] : meaningsOf(field, near, names)
}

function inWords(field: string, { [field]: name, ...others }: Meaning): string {
  const rest = Object.entries(others).map(([option, value]) => ` with ${option} "${value}"`)
  return `"${name}"${rest.join(' and')}`
}

/** Our names of a field: those that other libraries mean by it, or else the nearest. */
export function fieldsNamed(word: string, names: readonly string[]): readonly string[] {
  const meant = fieldsMeant(word).filter((name) => names.includes(name))
  return meant.length > 0 ? meant : [nearest(word, names) ?? []].flat()
}

/** The one nearest name, if at most 3 and fewer than half of its letters differ; case and separators do not count. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length > longest) return undefined
  const letters = lettersOf(word)
  const [found, other] = names
    .map((name) => ({ name, away: distance(letters, lettersOf(name)) }))
    .toSorted((one, another) => one.away - another.away)
  if (found === undefined || found.away === other?.away) return undefined
  return found.away <= 3 && found.away < found.name.length / 2 ? found.name : undefined
}
