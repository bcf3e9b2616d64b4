import { LIMIT_NAMES, type ScanLimits } from './errors.ts'
import * as layout from './layout.ts'

const CEILINGS: Partial<Record<keyof ScanLimits, number>> = {
  maxDepth: layout.DEPTH_CAPACITY,
  maxKeys: layout.KEY_CAPACITY,
  maxNumberLength: layout.CARRY_CAPACITY,
}
const CEILING = 2 ** 28
const KEYS_CAPACITY = layout.PAGES * 0x10000 - layout.KEYS

/** What the module must know of a kind of documents, as it lies in the state from LIMITS on. */
export interface Plan {
  readonly keys: readonly string[]
  /** The keys of the tensors that are members, by their number in the module. */
  readonly members: readonly string[]
  readonly limits: ScanLimits
  readonly fields: Int32Array
}

/** The tensor whose strings may be names. */
const namedTensor = 'labels'
const listMark = '[].'
/** Behind the keys of members that are read as columns of groups, or as lists of texts and integers. */
const textMarks = /(?:\{\}|\[\])$/

function keptKey(key: string): Buffer {
  const bytes = Array.from(key.split(''), (character) => {
    const unit = character.charCodeAt(0)
    return unit < 0x80 ? unit : [0x80 | (unit >> 14), 0x80 | ((unit >> 7) & 0x7f), 0x80 | (unit & 0x7f)]
  }).flat()
  const kept = Buffer.alloc((bytes.length + 11) & ~7)
  kept.writeUInt32LE(bytes.length)
  kept.set(bytes, 4)
  return kept
}

function keptBytes({ maxKeys, maxKeyLength }: ScanLimits): number {
  return (maxKeys + 1) * (Math.ceil(1.5 * maxKeyLength) + 16) + 16
}

function makePlan(keys: readonly string[], limits: ScanLimits): Plan {
  const members = keys.filter((key) => !key.includes(listMark) && !textMarks.test(key))
  const list = keys.filter((key) => key.includes(listMark)).flatMap((key) => key.split(listMark))
  const texts = keys.filter((key) => textMarks.test(key)).map((key) => key.replace(textMarks, ''))
  if (texts.length > layout.TEXT_CAPACITY) throw new RangeError(`There are ${texts.length} texts`)
  const kept = Buffer.concat([...members, ...list, ...texts].map(keptKey))
  if (kept.length > layout.TENSOR_KEY_CAPACITY) {
    throw new RangeError(`The tensor keys take ${kept.length} bytes; they may take ${layout.TENSOR_KEY_CAPACITY}`)
  }
  const first = layout.TENSOR_KEYS - layout.LIMITS
  const fields = new Int32Array(first + kept.length / 4)
  for (const [i, name] of LIMIT_NAMES.entries()) {
    const value = limits[name]
    const ceiling = CEILINGS[name] ?? CEILING
    if (!Number.isInteger(value) || value < 1 || value > ceiling) {
      throw new RangeError(`${name} is ${value}; it must be an integer from 1 to ${ceiling}`)
    }
    fields[i] = value
  }
  if (keptBytes(limits) > KEYS_CAPACITY) {
    const product = `${limits.maxKeys} keys of ${limits.maxKeyLength} bytes`
    throw new RangeError(`${product} can take ${keptBytes(limits)} bytes; they may take ${KEYS_CAPACITY}`)
  }
  fields[layout.TENSOR_COUNT - layout.LIMITS] = members.length
  fields[layout.HAS_LIST - layout.LIMITS] = Number(list.length > 0)
  fields[layout.TEXT_COUNT - layout.LIMITS] = texts.length
  fields[layout.NAMED_TENSOR - layout.LIMITS] = members.indexOf(namedTensor)
  new Uint8Array(fields.buffer).set(kept, 4 * first)
  return { keys, members, limits, fields }
}

let lastPlan: Plan | undefined

export function planFor(keys: readonly string[], limits: ScanLimits): Plan {
  if (lastPlan === undefined || lastPlan.keys !== keys || lastPlan.limits !== limits) lastPlan = makePlan(keys, limits)
  return lastPlan
}
