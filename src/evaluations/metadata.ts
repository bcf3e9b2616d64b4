import type { OpenEvaluation } from './open-evaluation.ts'

export type Metadata = Readonly<Record<string, string>>

/** What was declared, or what it was changed to since. */
export function metadataOf({ stored, declared }: Pick<OpenEvaluation, 'stored' | 'declared'>): Metadata {
  return stored.metadata === null ? declared.metadata : (JSON.parse(stored.metadata) as Metadata)
}

/** As RFC 7396 merges: null removes a string, and null instead of an object removes all. */
export function patched(metadata: Metadata, patch: Readonly<Record<string, string | null>> | null): Metadata {
  const merged = new Map<string, string | null>(patch === null ? [] : Object.entries({ ...metadata, ...patch }))
  return Object.fromEntries([...merged].filter((entry): entry is [string, string] => entry[1] !== null))
}

/** Whether it has all of these strings. */
export function has(metadata: Metadata, wanted: Metadata): boolean {
  return Object.entries(wanted).every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value)
}
