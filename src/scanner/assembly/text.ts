// Strings: escapes and UTF-8, resumable after every byte.
import {
  CAPTURE, CAPTURED, CAPTURE_CAPACITY, CODE, CONTINUATION, ESCAPE, HEXADECIMAL, HIGHEST, KEY_LENGTH, LONGEST_PLACED, LOWEST,
  REASON, ROLE, ROLE_CAPTURE, ROLE_KEY, ROLE_NONE, STEP, TEXT,
} from '../layout'
import { keepPlain, keepUnit, openKey } from './keys'
import { get, set, specialsOf } from './memory'

// Steps inside a string. HEX and MORE_BYTES count down what is left, to PLAIN.
const PLAIN = 0
const LETTER = 1
const HEX = 2
const MORE_BYTES = 8

/** Set by `text`: did the string end, or was a byte refused? Neither: the slice ended. */
export let closed: bool = false
export let refused: bool = false

export function beginText(role: i32): void {
  set(ROLE, role)
  set(STEP, PLAIN)
  set(KEY_LENGTH, 0)
  set(CAPTURED, 0)
  if (role == ROLE_KEY) openKey()
}

@inline function isPlain(c: u32): bool {
  return c >= 0x20 && c < 0x80 && c != 0x22 && c != 0x5c
}

/** At the first byte of a string that means more than itself. */
export function skipPlain(p: usize): usize {
  while (true) {
    const mask = specialsOf(v128.load(p))
    if (mask != 0) return p + <usize>ctz(mask)
    p += 16
  }
}

function capture(unit: u32): void {
  const count = get(CAPTURED)
  if (count >= CAPTURE_CAPACITY) return
  store<u16>(CAPTURE + (count << 1), <u16>unit)
  set(CAPTURED, count + 1)
}

function addUnit(role: i32, unit: u32): void {
  if (role == ROLE_KEY) keepUnit(unit)
  else if (role == ROLE_CAPTURE) capture(unit)
}

function addPoint(role: i32, point: u32): void {
  if (point < 0x10000) {
    addUnit(role, point)
    return
  }
  addUnit(role, 0xd7c0 + (point >> 10))
  addUnit(role, 0xdc00 | (point & 0x3ff))
}

function escaped(c: u32): u32 {
  switch (c) {
    case 0x22:
    case 0x2f:
    case 0x5c:
      return c
    case 0x62:
      return 0x08
    case 0x66:
      return 0x0c
    case 0x6e:
      return 0x0a
    case 0x72:
      return 0x0d
    case 0x74:
      return 0x09
    default:
      return 0
  }
}

function hexadecimal(c: u32): u32 {
  const digit = c - 0x30
  if (digit < 10) return digit
  const letter = (c | 0x20) - 0x61
  return letter < 6 ? letter + 10 : 16
}

function lead(c: u32): i32 {
  set(LOWEST, c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80)
  set(HIGHEST, c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf)
  const more = c < 0xc2 || c > 0xf4 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3
  if (more == 0) return PLAIN
  set(CODE, c & (0x3f >> more))
  return MORE_BYTES + more
}

function refuse(p: usize, reason: i32): usize {
  set(REASON, reason)
  refused = true
  return p
}

/** Reads on inside a string; `closed` and `refused` say why it stopped, the position is behind the last good byte. */
export function text(p: usize, end: usize): usize {
  const from = p
  const role = get(ROLE)
  let step = get(STEP)
  closed = false
  refused = false
  while (p < end) {
    if (step == PLAIN) {
      if (role == ROLE_NONE) {
        p = skipPlain(p)
      } else if (role == ROLE_KEY) {
        p = keepPlain(p, end)
      } else {
        for (let c = <u32>load<u8>(p); isPlain(c); c = <u32>load<u8>(++p)) capture(c)
      }
      if (p >= end) break
      const c = <u32>load<u8>(p)
      if (c == 0x22) {
        closed = true
        break
      }
      if (c == 0x5c) {
        step = LETTER
      } else {
        step = c < 0x80 ? PLAIN : lead(c)
        if (step == PLAIN) {
          refuse(p, TEXT)
          break
        }
      }
      p++
      continue
    }
    const c = <u32>load<u8>(p)
    if (step == LETTER) {
      if (c == 0x75) {
        step = HEX + 3
        set(CODE, 0)
      } else {
        const unit = escaped(c)
        if (unit == 0) {
          refuse(p, ESCAPE)
          break
        }
        addUnit(role, unit)
        step = PLAIN
      }
    } else if (step < MORE_BYTES) {
      const digit = hexadecimal(c)
      if (digit == 16) {
        refuse(p, HEXADECIMAL)
        break
      }
      const code = (get(CODE) << 4) | digit
      set(CODE, code)
      if (step == HEX) addUnit(role, code)
      step = step == HEX ? PLAIN : step - 1
    } else {
      if (c < <u32>get(LOWEST) || c > <u32>get(HIGHEST)) {
        refuse(p, CONTINUATION)
        break
      }
      set(LOWEST, 0x80)
      set(HIGHEST, 0xbf)
      const code = (get(CODE) << 6) | (c & 0x3f)
      set(CODE, code)
      step--
      if (step == MORE_BYTES) {
        addPoint(role, code)
        step = PLAIN
      }
    }
    p++
  }
  set(STEP, step)
  set(KEY_LENGTH, get(KEY_LENGTH) + <i32>(p - from))
  return p
}

/** Behind a string that ends in this slice and is not too long to be left at its place; else 0. */
export function skipString(p: usize, end: usize): usize {
  let behind = skipPlain(p + 1)
  if (load<u8>(behind) != 0x22) {
    beginText(ROLE_NONE)
    behind = text(p + 1, end)
    if (!closed) return 0
  }
  return behind - p > <usize>LONGEST_PLACED ? 0 : behind + 1
}
