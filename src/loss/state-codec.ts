import { ByteReader, ByteWriter, InvalidState } from './bytes.ts'
import { readKey, writeKey } from './groups/codec.ts'
import { compareKeys, keyText } from './groups/partition.ts'
import type { MergeableName } from './report/sections.ts'
import { sectionOf } from './report/sections.ts'
import type { Spec } from './spec.ts'
import type { EvaluationState, GroupState, RowsState } from './state.ts'
import { emptyState } from './state.ts'
import type { Tally } from './tally.ts'
import { readFirstTally, readTally, writeTally } from './tally.ts'

const head = Uint8Array.of(0x4c, 0x4d)
const version = 2
/** The same in two bytes, for states whose terms are 2 (`Terms`): a release that knows only terms of 1 reads it alike. */
const versionOfOwnTerms = Uint8Array.of(0x80 | version, 0)

/**
 * The canonical bytes of a state, in steps: "LM", the version 2 (in one byte or two, by its terms), the digest of its spec, the tally
 * and each mergeable section, and the tally and sections of each group in the order of their keys.
 * @param digest of `stateSpecText`, always of the same length, at least 16 bytes
 */
export function* writeState(state: EvaluationState, digest: Uint8Array): Generator<void, Uint8Array> {
  const writer = new ByteWriter()
  writer.raw(head)
  if (state.tally.terms === 2) writer.raw(versionOfOwnTerms)
  else writer.count(version)
  writer.raw(digest)
  yield* writeRows(state, writer)
  for (const states of state.groups) {
    writer.count(states.size)
    for (const group of Array.from(states.values()).sort((a, b) => compareKeys(a.key, b.key))) {
      writeKey(group.key, writer)
      yield* writeRows(group, writer)
    }
  }
  return writer.bytes()
}

function* writeRows({ tally, sections }: RowsState, writer: ByteWriter): Generator<void, void> {
  writeTally(tally, writer)
  for (const [name, state] of sections) yield* sectionOf(name).write(state, writer)
}

/**
 * Reads what `writeState` wrote, in steps; that the bytes are undamaged is for the caller to know. @param outputs K if known
 * @throws InvalidState for another version, spec or K, and for bytes that cannot be read
 */
export function* readState(
  bytes: Uint8Array,
  spec: Spec,
  digest: Uint8Array,
  outputs?: number,
): Generator<void, EvaluationState> {
  const reader = new ByteReader(bytes)
  const tally = readBeginning(reader, spec, digest)
  if (outputs !== undefined && tally.outputs !== 0 && tally.outputs !== outputs) {
    throw new InvalidState(`the state of ${tally.outputs} outputs, not of ${outputs}`)
  }
  const sections = yield* readSections(reader, spec)
  const groups: Map<string, GroupState>[] = []
  for (const grouping of spec.groupBy ?? []) {
    const states = new Map<string, GroupState>()
    for (let left = reader.count(); left > 0; left--) {
      const key = readKey(reader, grouping)
      states.set(keyText(key), { key, tally: readTally(reader), sections: yield* readSections(reader, spec) })
      yield
    }
    groups.push(states)
  }
  reader.end()
  return { spec, tally, sections, groups }
}

function* readSections(reader: ByteReader, spec: Spec): Generator<void, Map<MergeableName, unknown>> {
  const sections = new Map(emptyState(spec).sections)
  for (const name of sections.keys()) {
    sections.set(name, yield* sectionOf(name).read(reader, spec))
    yield
  }
  return sections
}

/** Only the tally of what `writeState` wrote. @throws InvalidState */
export function readStateTally(bytes: Uint8Array, spec: Spec, digest: Uint8Array): Tally {
  return readBeginning(new ByteReader(bytes), spec, digest)
}

function readBeginning(reader: ByteReader, spec: Spec, digest: Uint8Array): Tally {
  if (!isSame(reader.raw(head.length), head)) throw new InvalidState('not a state')
  const [first] = reader.raw(1)
  const isOfOwnTerms = first === versionOfOwnTerms[0] && reader.raw(1)[0] === versionOfOwnTerms[1]
  const found = isOfOwnTerms ? version : first
  if (found < 1 || found > version) throw new InvalidState(`a state of version ${found}, not of 1 to ${version}`)
  if (!isSame(reader.raw(digest.length), digest)) throw new InvalidState('the state of another spec')
  const tally = found === 1 ? readFirstTally(reader, spec) : readTally(reader)
  return isOfOwnTerms ? tally : { ...tally, terms: 1 }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
