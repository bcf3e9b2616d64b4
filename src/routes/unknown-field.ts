import { fieldsNamed } from '../formats/did-you-mean.ts'

const mostHinted = 3

/** What zod knows of the fields that a schema does not have. */
interface UnrecognizedKeys {
  readonly code?: string | undefined
  readonly keys?: readonly string[] | undefined
}

/** What to say of fields that a schema does not have; the field's name stands before it. */
export function unknownField(
  names: readonly string[],
  tensors: readonly string[] = [],
  elsewhere: (key: string) => string | undefined = () => undefined,
): (issue: UnrecognizedKeys) => string | undefined {
  const known =
    tensors.length === 0
      ? `the fields are ${names.join(', ')}`
      : `the options are ${names.join(', ')}; the data fields are ${tensors.join(', ')}`
  return ({ code, keys = [] }) => {
    if (code !== 'unrecognized_keys') return undefined
    const hints = keys.slice(0, mostHinted).flatMap((key) => {
      const meant = fieldsNamed(key, [...names, ...tensors]).map((name) => `"${name}"`)
      if (meant.length === 0) return []
      return keys.length === 1 ? meant.join(' or ') : `${meant.join(' or ')} for ${JSON.stringify(key)}`
    })
    const places = new Set(keys.slice(0, mostHinted).flatMap((key) => elsewhere(key) ?? []))
    if (places.size > 0) return `is not a recognised field; ${known}. ${[...places].join(' ')}`
    const hint = hints.length === 0 ? '' : `; did you mean ${hints.join(', ')}?`
    return `is not a recognised field; ${known}${hint}`
  }
}
