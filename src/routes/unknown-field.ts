import { distance } from 'fastest-levenshtein'

const longest = 32
const mostHinted = 3

/** What zod knows of the fields that a schema does not have. */
interface UnrecognizedKeys {
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
}

/**
 * What to say of fields that a schema does not have; the field's name stands before it.
 *
 * @param names the fields that a client can use
 */
export function unknownField(names: readonly string[]): (issue: UnrecognizedKeys) => string | undefined {
  return ({ code, keys = [] }) => {
    if (code !== 'unrecognized_keys') return undefined
    const hints = keys.slice(0, mostHinted).flatMap((key) => {
      const name = nearest(key, names)
      if (name === undefined) return []
      return keys.length === 1 ? `"${name}"` : `"${name}" for ${JSON.stringify(key)}`
    })
    const hint = hints.length === 0 ? '' : `; did you mean ${hints.join(', ')}?`
    return `is not a recognised field; the fields are ${names.join(', ')}${hint}`
  }
}

/** The one name that was probably meant: at most half of its letters differ and no more than 3, whatever their case and what joins words. */
function nearest(key: string, names: readonly string[]): string | undefined {
  if (key.length > longest) return undefined
  const [found, other] = names
    .map((name) => ({ name, away: distance(letters(key), letters(name)) }))
    .toSorted((one, another) => one.away - another.away)
  if (found === undefined || found.away === other?.away) return undefined
  return found.away <= Math.min(3, found.name.length / 2) ? found.name : undefined
}

function letters(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
}
