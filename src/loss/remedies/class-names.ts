import type { Tensors } from '../batch.ts'
import { placesOf, readNames } from '../names.ts'
import type { ValidationError } from '../validation-errors.ts'
import { ValidationErrors } from '../validation-errors.ts'
import { quoted } from '../words.ts'
import type { Remedy } from './remedy.ts'

/** Longer words are compared with no name. */
const longest = 40
const mostEdits = 3
/** So many different words may be mistaken for names. */
const mostMistaken = 5
/** Names that an error shows. */
const mostShown = 5

/** Words that are not names, each with the name that it may mean. */
export type MeantNames = ReadonlyMap<string, string>

/** The names that the words of these errors may mean, in steps. */
export function* namesMeant({ list }: ValidationErrors, classes: readonly string[] = []): Generator<void, MeantNames> {
  const meant = new Map<string, string>()
  const seen = new Set<string>()
  for (const error of list) {
    if (!isOfName(error) || seen.has(error.received)) continue
    seen.add(error.received)
    const name = yield* nearestName(error.received, classes)
    if (name !== undefined) meant.set(error.received, name)
    yield
  }
  return meant
}

/** Adds to each word that is not a name the one that it may mean, or else the known names. */
export function sayNames({ list }: ValidationErrors, classes: readonly string[], meant: MeantNames): void {
  const shown = classes.slice(0, mostShown).map(quoted)
  const rest = classes.length > mostShown ? ` and ${classes.length - mostShown} more` : ''
  for (const [at, error] of list.entries()) {
    if (!isOfName(error)) continue
    const name = meant.get(error.received)
    const end = name === undefined ? `: ${shown.join(', ')}${rest}` : `; did you mean ${JSON.stringify(name)}?`
    list[at] = { ...error, detail: error.detail + end }
  }
}

function isOfName(error: ValidationError): error is ValidationError & { readonly received: string } {
  const { path, code, received } = error
  return path[0] === 'labels' && code === 'unknown-value' && typeof received === 'string'
}

/** Puts the classes into labels that their words may mean, in place. The remedy that says so; undefined unless that is all that is wrong with them. */
export function withNames(
  { labels }: Tensors,
  classes: readonly string[] | undefined,
  meant: MeantNames,
): Remedy | undefined {
  if (classes === undefined || labels.names === undefined || meant.size === 0) return undefined
  const known = placesOf(classes)
  const mistaken = labels.names.texts.filter((text) => !known.has(text))
  if (mistaken.length > mostMistaken || mistaken.some((text) => !meant.has(text))) return undefined
  const errors = new ValidationErrors()
  readNames(labels, classes, errors, meant)
  return errors.count > 0
    ? undefined
    : { replace: { labels: Object.fromEntries(mistaken.map((text) => [text, meant.get(text) ?? text])) } }
}

const namesPerStep = 2 ** 8

/** The one nearest name, if at most 3 and fewer than half of its characters differ, in steps; case does not count. */
export function* nearestName(word: string, names: readonly string[]): Generator<void, string | undefined> {
  if (word.length > longest) return undefined
  const letters = word.trim().toLowerCase()
  let found: string | undefined
  let least = mostEdits + 1
  for (let at = 0; at < names.length; at++) {
    const name = names[at]
    const away = distanceWithin(letters, name.toLowerCase(), Math.min(least, mostEdits))
    if (away <= Math.min(least, mostEdits) && away < name.length / 2) {
      found = away === least ? undefined : name
      least = away
    }
    if (at % namesPerStep === namesPerStep - 1) yield
  }
  return found
}

/** Two rows of distances before the one that is made; of all of them only what is near the diagonal is read. */
const distances = Array.from({ length: 3 }, () => new Int32Array(longest + mostEdits + 2))

/**
 * How many characters two words differ in: added, left out, changed, or two that changed places. More than `most` where it is
 * more, which only the cells near the diagonal decide.
 */
function distanceWithin(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let [before, row, next] = distances
  for (let j = 0; j <= b.length; j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    const first = Math.max(1, i - most)
    const last = Math.min(b.length, i + most)
    next[first - 1] = first === 1 ? i : most + 1
    // the row before ends one cell earlier
    if (last === i + most) row[last] = most + 1
    let nearest = next[first - 1]
    for (let j = first; j <= last; j++) {
      const isSame = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let away = Math.min(row[j - 1] + (isSame ? 0 : 1), row[j] + 1, next[j - 1] + 1)
      if (!isSame && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        away = Math.min(away, before[j - 2] + 1)
      next[j] = away
      nearest = Math.min(nearest, away)
    }
    if (nearest > most) return most + 1
    ;[before, row, next] = [row, next, before]
  }
  return row[b.length]
}
