import type { Memory } from '../loss/memory.ts'
import { PackedTexts } from '../loss/packed-texts.ts'
import type { Received } from '../loss/validation-errors.ts'
import { LimitExceeded, refuse, ValidationErrors } from '../loss/validation-errors.ts'
import type { ListElement, ValueList } from '../loss/value-list.ts'
import { keyOf, WrongElement } from '../loss/value-list.ts'
import { timeOf, timeText } from './row-times.ts'

export type RowId = string | number

export const longestId = 128
const rowsPerStep = 1024
const needsId = `a string of 1 to ${longestId} characters, or an integer from -(2^53 - 1) to 2^53 - 1`

/** What the store knows the rows by, in steps. @throws InvalidContent, LimitExceeded */
export function* keysOf(ids: ValueList, maxRows: number, memory: Memory): Generator<void, PackedTexts> {
  const { values, fault } = ids
  if (fault !== undefined)
    refuse(['ids'], `ids is ${fault}; it must be an array with one id for each row`, fault, 'wrong-type')
  if (values.length === 0) refuse(['ids'], 'ids is empty; it must have at least one id', 'an empty array', 'empty')
  if (values.length > maxRows) {
    const detail = `The body has ${values.length} rows; maxJoinRows is ${maxRows}. Send them in several bodies.`
    throw new LimitExceeded('maxJoinRows', maxRows, ['ids'], detail)
  }
  const errors = new ValidationErrors()
  const keys = new PackedTexts(memory)
  for (let at = 0; at < values.length; at++) {
    if (at % rowsPerStep === rowsPerStep - 1) yield
    const value = values.at(at) as ListElement
    if (isId(value)) keys.add(keyOf(value))
    else if (errors.full) errors.count++
    else {
      const code = typeof value === 'string' ? 'malformed' : 'wrong-type'
      errors.add(['ids', at], `ids[${at}] must be ${needsId}`, receivedOf(value), code)
    }
  }
  errors.throwIfAny()
  return keys
}

/** Databases keep well-formed Unicode without U+0000. */
function isId(value: ListElement): value is RowId {
  if (typeof value !== 'string') return typeof value === 'number'
  return value.length > 0 && value.length <= longestId && value.isWellFormed() && !value.includes('\0')
}

function receivedOf(value: ListElement): Received {
  return value instanceof WrongElement ? value.received : value
}

/** The times of rows, in steps. @throws InvalidContent */
export function* timesOf({ values, fault }: ValueList, rows: number): Generator<void, number[]> {
  const needs = `an array with one time for each of the ${rows} ids`
  if (fault !== undefined) refuse(['at'], `at is ${fault}; it must be ${needs}`, fault, 'wrong-type')
  if (values.length !== rows) {
    refuse(['at'], `at has ${values.length} times; it must be ${needs}`, `an array of ${values.length}`, 'shape')
  }
  const errors = new ValidationErrors()
  const times = new Array<number>(rows)
  for (let at = 0; at < rows; at++) {
    if (at % rowsPerStep === rowsPerStep - 1) yield
    const value = values.at(at) as ListElement
    const time = timeOf(value)
    if (typeof time === 'number') times[at] = time
    else if (errors.full) errors.count++
    else errors.add(['at', at], `at[${at}] must be ${timeText}`, receivedOf(value), time)
  }
  errors.throwIfAny()
  return times
}
