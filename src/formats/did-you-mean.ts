import { distance } from 'fastest-levenshtein'

const longest = 32

/** The end of an error about an unknown name, such as `; did you mean "cross-entropy"?`; '' where no name is near. */
export function didYouMean(received: unknown, names: readonly string[]): string {
  const name = typeof received === 'string' ? nearest(received, names) : undefined
  return name === undefined ? '' : `; did you mean "${name}"?`
}

/** The one nearest name, if at most 3 and fewer than half of its letters differ; case and separators do not count. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length > longest) return undefined
  const [found, other] = names
    .map((name) => ({ name, away: distance(letters(word), letters(name)) }))
    .toSorted((one, another) => one.away - another.away)
  if (found === undefined || found.away === other?.away) return undefined
  return found.away <= 3 && found.away < found.name.length / 2 ? found.name : undefined
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
