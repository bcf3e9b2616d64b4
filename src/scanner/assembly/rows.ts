// The loop that counts: numbers, commas and rows, as long as they come plainly.
import {
  AFTER_ELEMENT, BASE, COLUMNS, DEPTH, FIRST_VALUE, NON_NUMERIC, NON_NUMERIC_CAPACITY, INNER, KIND_FALSE, KIND_STRING,
  KIND_TRUE, LIMIT_COLUMNS, LIMIT_DEPTH, LIMIT_ELEMENTS, LIMIT_NUMBER_LENGTH, LIMIT_ROWS, MODE, NUMBERS_END,
  OUTER, RANK, TOTAL, VALUE,
} from '../layout'
import { get, getAt, set, setAt, skipSpace } from './memory'
import { belowOne, number } from './number'
import { skipPlain, skipString } from './text'
import { isNamed, limit, markOf, OUTER_DEPTH, placeOf, ROW_DEPTH } from './tensor'

const MANY = 0x20000

@inline function room(most: i32, taken: i32): usize {
  return <usize>min(most - taken, MANY) << 3
}

/** Four digits with a comma behind each, as indices and one-hot rows are written? */
@inline function isFourDigits(bytes: u64): bool {
  const digits = bytes ^ 0x2c302c302c302c30
  return ((digits | (digits + 0x0006000600060006)) & 0xfff0fff0fff0fff0) == 0
}

@inline function storeFourDigits(out: usize, bytes: u64): void {
  const digits = i32x4.extend_low_i16x8_u(i64x2.splat(bytes & 0x000f000f000f000f))
  v128.store(out, f64x2.convert_low_i32x4_s(digits))
  v128.store(out + 16, f64x2.convert_low_i32x4_s(v128.shuffle<i32>(digits, digits, 2, 3, 2, 3)))
}

function skipForeign(p: usize, c: u32): usize {
  if (c == 0x22) {
    p = skipPlain(p + 1)
    return load<u8>(p) == 0x22 ? p + 1 : 0
  }
  const word = load<u32>(p)
  if (word == 0x6c6c756e || word == 0x65757274) return p + 4
  return word == 0x736c6166 && load<u8>(p + 4) == 0x65 ? p + 5 : 0
}

/** Reads from a place where a value is due and returns how far it came. */
export function rows(p: usize, end: usize): usize {
  const base = get(BASE)
  let inRow = get(DEPTH) - base == ROW_DEPTH
  const longest = <usize>limit(LIMIT_NUMBER_LENGTH)
  const named = isNamed()
  const mostColumns = limit(LIMIT_COLUMNS)
  const mostRows = limit(LIMIT_ROWS)
  const mostOpened = limit(LIMIT_DEPTH) < base + ROW_DEPTH ? 0 : mostRows
  let mode = get(MODE)
  let outer = get(OUTER)
  let rank = get(RANK)
  let columns = get(COLUMNS)
  let nonNumeric = get(NON_NUMERIC)
  const from = getAt(NUMBERS_END)
  let out = from
  const last = out + room(limit(LIMIT_ELEMENTS), get(TOTAL))
  let rowStart = out - (<usize>get(INNER) << 3)
  let listStart = out
  let stop = min(last, out + (inRow ? room(mostColumns, get(INNER)) : room(mostRows, outer)))

  for (;;) {
    let c = <u32>load<u8>(p)
    if (c <= 0x20) {
      p = skipSpace(p)
      c = load<u8>(p)
    }
    if (c == 0x5b) {
      if (inRow || outer >= mostOpened || (rank == 1 && (outer != 0 || out != listStart))) break
      rank = 2
      inRow = true
      mode = FIRST_VALUE
      rowStart = out
      stop = min(last, out + room(mostColumns, 0))
      p++
      continue
    }
    if (out >= stop || (!inRow && rank == 2)) break
    const next = <u32>load<u8>(p + 1)
    const digit = c - 0x30
    if (digit < 10 && (next == 0x2c || next == 0x5d)) {
      store<f64>(out, <f64>digit)
      out += 8
      p++
      c = next
      if (c == 0x2c) {
        p++
        mode = VALUE
        while (out + 32 <= stop && isFourDigits(load<u64>(p))) {
          storeFourDigits(out, load<u64>(p))
          out += 32
          p += 8
        }
        continue
      }
    } else {
      let behind = belowOne(p, out)
      if (behind == 0) behind = number(p, c, out)
      if (behind == 0) {
        // The first ones are told to the host.
        if (nonNumeric < NON_NUMERIC_CAPACITY) break
        const isName = named && c == 0x22
        behind = isName ? skipString(p, end) : skipForeign(p, c)
        if (behind == 0 || behind >= end) break
        if (isName) store<f64>(out, placeOf(p + 1, behind - p - 2))
        else store<f64>(out, markOf(c == 0x66 ? KIND_FALSE : c == 0x74 ? KIND_TRUE : c == 0x22 ? KIND_STRING : 0))
        nonNumeric++
      } else if (behind - p > longest) {
        break
      }
      c = load<u8>(behind)
      if (c <= 0x20) {
        // The number may go on in the next slice.
        if (behind >= end) break
        behind = skipSpace(behind)
        c = load<u8>(behind)
      }
      out += 8
      p = behind
    }
    mode = VALUE
    if (c == 0x2c) {
      p++
      continue
    }
    mode = AFTER_ELEMENT
    if (c != 0x5d || !inRow) break
    const width = <i32>((out - rowStart) >> 3)
    if (outer == 0) columns = width
    if (width != columns) break
    outer++
    inRow = false
    rowStart = out
    c = load<u8>(++p)
    if (c <= 0x20) {
      p = skipSpace(p)
      c = load<u8>(p)
    }
    if (c != 0x2c) break
    p++
    mode = VALUE
  }

  set(MODE, mode)
  set(DEPTH, base + (inRow ? ROW_DEPTH : OUTER_DEPTH))
  set(RANK, rank)
  set(COLUMNS, columns)
  set(NON_NUMERIC, nonNumeric)
  set(OUTER, rank == 2 ? outer : outer + <i32>((out - listStart) >> 3))
  set(INNER, <i32>((out - rowStart) >> 3))
  set(TOTAL, get(TOTAL) + <i32>((out - from) >> 3))
  setAt(NUMBERS_END, out)
  return p
}
