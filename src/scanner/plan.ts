import { hashOf } from './engine.ts'
import { LIMIT_NAMES, type ScanLimits } from './errors.ts'
import * as layout from './layout.ts'

const CEILINGS: Partial<Record<keyof ScanLimits, number>> = {
  maxDepth: layout.DEPTH_CAPACITY,
  maxKeys: layout.KEY_CAPACITY,
  maxNumberLength: layout.CARRY_CAPACITY,
}
const CEILING = 2 ** 28

/** What the module must know of a kind of documents, as it lies in the state from LIMITS on. */
export interface Plan {
  readonly keys: readonly string[]
  readonly limits: ScanLimits
  readonly fields: Int32Array
}

function makePlan(keys: readonly string[], limits: ScanLimits): Plan {
  if (keys.length > layout.TENSOR_CAPACITY) {
    throw new RangeError(`${keys.length} tensor keys; at most ${layout.TENSOR_CAPACITY} are possible`)
  }
  const first = layout.TENSOR_HASHES - layout.LIMITS
  const fields = new Int32Array(first + 2 * keys.length)
  for (const [i, name] of LIMIT_NAMES.entries()) {
    const value = limits[name]
    const ceiling = CEILINGS[name] ?? CEILING
    if (!Number.isInteger(value) || value < 1 || value > ceiling) {
      throw new RangeError(`${name} is ${value}; it must be an integer from 1 to ${ceiling}`)
    }
    fields[i] = value
  }
  fields[layout.TENSOR_COUNT - layout.LIMITS] = keys.length
  for (const [i, key] of keys.entries()) {
    const hash = hashOf(key)
    fields[first + 2 * i] = Number(BigInt.asIntN(32, hash))
    fields[first + 2 * i + 1] = Number(BigInt.asIntN(32, hash >> 32n))
  }
  return { keys, limits, fields }
}

// Documents of the same kind come one after the other.
let lastPlan: Plan | undefined

export function planFor(keys: readonly string[], limits: ScanLimits): Plan {
  if (lastPlan === undefined || lastPlan.keys !== keys || lastPlan.limits !== limits) lastPlan = makePlan(keys, limits)
  return lastPlan
}
