// What the values inside a tensor mean for it: elements, rows, errors.
import {
  BASE, COLUMNS, DEPTH, EXCEEDED, FAULT, FAULT_AMONG_NUMBERS, FAULT_AMONG_ROWS, FAULT_COUNT, FAULT_DEEP, FAULT_KIND,
  FAULT_MIXED, FAULT_NONE, FAULT_RAGGED, FAULT_ROOT, NON_NUMERIC, NON_NUMERIC_CAPACITY, NON_NUMERIC_FOUND, INNER, KIND, KIND_NUMBER,
  KIND_STRING, LIMITS, LIMIT_COLUMNS, LIMIT_ELEMENTS, LIMIT_ROWS, MORE, NAMED_TENSOR, NUMBERS_END, OUTER, PATH_INNER, PATH_OUTER,
  RANK, REASON, RESUME_DEPTH, TENSOR, TENSOR_COUNT, TOTAL, WATCH,
} from '../layout'
import { get, getAt, set, setAt } from './memory'

// Of a value inside a tensor: is it looked at?
export const IGNORE = 0
export const STORE = 1
/** Inside the array that is the error, whose elements are counted for the message. */
export const COUNT = 2

/** The depths at which the elements of the outer array and of a row stand, from BASE on. */
export const OUTER_DEPTH = 2
export const ROW_DEPTH = 3

export function beginTensor(index: i32): void {
  set(TENSOR, index)
  set(WATCH, STORE)
  set(RANK, 0)
  set(OUTER, 0)
  set(INNER, 0)
  set(COLUMNS, 0)
  set(TOTAL, 0)
  set(NON_NUMERIC, 0)
  set(FAULT, FAULT_NONE)
}

export function exceed(limit: i32): i32 {
  set(REASON, limit)
  return EXCEEDED
}

@inline export function limit(index: i32): i32 {
  return get(LIMITS + index)
}

function error(kind: i32, received: i32): void {
  set(FAULT, kind)
  set(FAULT_KIND, received)
  set(PATH_OUTER, get(OUTER))
  set(PATH_INNER, get(INNER))
  set(FAULT_COUNT, 0)
  set(FAULT_MIXED, 0)
  set(WATCH, IGNORE)
  set(RESUME_DEPTH, -1)
}

/** Are the strings of the tensor told apart? */
@inline export function isNamed(): bool {
  const tensor = get(TENSOR)
  return tensor == get(NAMED_TENSOR) || tensor == get(TENSOR_COUNT)
}

function place(depth: i32, kind: i32): i32 {
  if (depth == 1) {
    if (kind != KIND_NUMBER && (kind != KIND_STRING || !isNamed())) error(FAULT_ROOT, kind)
  } else if (depth == OUTER_DEPTH) {
    const outer = get(OUTER)
    if (outer >= limit(LIMIT_ROWS)) return exceed(LIMIT_ROWS)
    if (get(RANK) == 2) {
      error(FAULT_AMONG_ROWS, kind)
    } else {
      set(OUTER, outer + 1)
    }
  } else {
    const inner = get(INNER)
    if (inner >= limit(LIMIT_COLUMNS)) return exceed(LIMIT_COLUMNS)
    set(INNER, inner + 1)
  }
  if (get(FAULT) == FAULT_NONE && get(TOTAL) >= limit(LIMIT_ELEMENTS)) return exceed(LIMIT_ELEMENTS)
  return MORE
}

function append(value: f64): void {
  const out = getAt(NUMBERS_END)
  store<f64>(out, value)
  setAt(NUMBERS_END, out + 8)
  set(TOTAL, get(TOTAL) + 1)
}

export function numberElement(value: f64): i32 {
  const depth = get(DEPTH) - get(BASE)
  if (get(WATCH) == COUNT) {
    if (depth == ROW_DEPTH) set(INNER, get(INNER) + 1)
    return MORE
  }
  const event = place(depth, KIND_NUMBER)
  if (event == MORE && get(FAULT) == FAULT_NONE) append(value)
  return event
}

/** What stands for a value of this kind: NaN, whose lowest bits tell the kind. */
@inline export function markOf(kind: i32): f64 {
  return reinterpret<f64>(0x7ff8000000000000 | <u64>kind)
}

/** What stands for a string that is left at its place: the mark of its kind, with where it is and how long. */
@inline export function placeOf(p: usize, length: usize): f64 {
  return reinterpret<f64>(0x7ff8000000000000 | (<u64>p << 32) | (<u64>length << 3) | <u64>KIND_STRING)
}

/** A value that is neither number nor array. */
export function foreignElement(kind: i32): i32 {
  const depth = get(DEPTH) - get(BASE)
  if (get(WATCH) == COUNT) {
    if (depth == ROW_DEPTH) set(FAULT_MIXED, 1)
    return MORE
  }
  const event = place(depth, kind)
  if (event != MORE || get(FAULT) != FAULT_NONE) return event
  append(markOf(kind))
  const count = get(NON_NUMERIC) + 1
  set(NON_NUMERIC, count)
  if (count > NON_NUMERIC_CAPACITY && (kind != KIND_STRING || !isNamed())) return MORE
  set(KIND, kind)
  set(PATH_OUTER, depth == OUTER_DEPTH ? get(OUTER) - 1 : get(OUTER))
  set(PATH_INNER, depth == OUTER_DEPTH ? -1 : get(INNER) - 1)
  return NON_NUMERIC_FOUND
}

/** An array opens; depth, from BASE on, is still that of the array around it. */
export function openArray(depth: i32): i32 {
  if (get(WATCH) == COUNT) {
    if (depth == ROW_DEPTH) set(FAULT_MIXED, 1)
  } else if (depth == 1) {
    set(RANK, 1)
  } else if (depth == OUTER_DEPTH) {
    const outer = get(OUTER)
    if (outer >= limit(LIMIT_ROWS)) return exceed(LIMIT_ROWS)
    if (get(RANK) == 1 && outer != 0) {
      error(FAULT_AMONG_NUMBERS, 0)
      set(WATCH, COUNT)
    } else {
      set(RANK, 2)
    }
    set(INNER, 0)
  } else {
    error(FAULT_DEEP, 0)
  }
  return MORE
}

/** An array closes; depth, from BASE on, is still that of its elements. */
export function closeArray(depth: i32): void {
  if (depth != ROW_DEPTH) return
  const inner = get(INNER)
  if (get(WATCH) == COUNT) {
    set(FAULT_COUNT, inner)
    set(WATCH, IGNORE)
    return
  }
  const outer = get(OUTER)
  if (outer == 0) {
    set(COLUMNS, inner)
  } else if (inner != get(COLUMNS)) {
    error(FAULT_RAGGED, 0)
    set(FAULT_COUNT, inner)
    return
  }
  set(OUTER, outer + 1)
}
