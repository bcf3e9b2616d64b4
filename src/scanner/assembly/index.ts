// What the host calls. A slice of a document goes through the state in memory, from event to event.
import {
  BASE, DEPTH, END, EXCEEDED, FIRST_VALUE, KEYS, LIMITS, MODE, MORE, NUMBERS, NUMBERS_END, OPTION_BASE, OPTION_TOTAL, POSITION,
  REFUSED, RESUME_DEPTH, ROLE, ROLE_KEY, SPAN, STATE, TENSOR, TEXT, VALUE, WATCH,
} from '../layout'
import { step } from './grammar'
import { setKeysTop } from './keys'
import { get, getAt, isSpace, set, setAt } from './memory'
import { appendSpan, resumeSpan } from './options'
import { rows } from './rows'
export { lines } from './lines'
import { STORE } from './tensor'

function isInTopKey(): bool {
  return get(MODE) == TEXT && get(ROLE) == ROLE_KEY && get(DEPTH) == 1
}

/** Goes on from the position it stopped at, until an event or the end of the slice. */
export function resume(): i32 {
  const end = getAt(END)
  let p = getAt(POSITION)
  setAt(NUMBERS_END, NUMBERS)
  while (p < getAt(END)) {
    const mode = get(MODE)
    const c = <u32>load<u8>(p)
    if (c <= 0x20 && mode < TEXT && isSpace(c)) {
      setAt(POSITION, ++p)
      continue
    }
    if (get(WATCH) == STORE && mode <= FIRST_VALUE && mode >= VALUE && c != 0x7b) {
      const depth = get(DEPTH)
      if (depth != get(BASE) + 1) {
        const behind = rows(p, end)
        if (behind != p) {
          p = behind
          setAt(POSITION, p)
          continue
        }
      }
    }
    const event = step(p, end, c, mode)
    p = getAt(POSITION)
    if (event == MORE) continue
    // However the document is cut, this limit comes first if it was passed before.
    if (event >= REFUSED && getAt(SPAN) != 0 && !isInTopKey() && appendSpan(p, true) == EXCEEDED) return EXCEEDED
    return event
  }
  return getAt(SPAN) != 0 ? appendSpan(p, !isInTopKey()) : MORE
}

/** Begins a slice. The bytes up to `end` are in memory. */
export function feed(from: usize, end: usize): i32 {
  // No byte of an earlier slice may look like a part of this one.
  v128.store(end, i8x16.splat(0))
  set(OPTION_BASE, get(OPTION_TOTAL))
  resumeSpan(from)
  setAt(POSITION, from)
  setAt(END, end)
  return resume()
}

/** Begins a document; the host writes the limits and the tensor keys. */
export function begin(): void {
  memory.fill(STATE, 0, LIMITS << 2)
  set(TENSOR, -1)
  set(RESUME_DEPTH, -1)
  setKeysTop(KEYS)
}
