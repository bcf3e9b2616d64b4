// The grammar of JSON, for everything that `rows` leaves.
import {
  AFTER_ELEMENT, AFTER_MEMBER, BASE, COLON, DEPTH, END, EXCEEDED, FINISHED, FIRST_KEY, FIRST_VALUE, NON_NUMERIC,
  NON_NUMERIC_CAPACITY, IN_LIST, KEY, KEYS_TOP, KEY_LENGTH, KIND, KIND_FALSE, KIND_NULL, KIND_OBJECT, KIND_STRING, KIND_TRUE,
  LIMIT_DEPTH, LIMIT_KEY_LENGTH, LIMIT_NUMBER_LENGTH, LISTED_DEPTH, LITERAL, LITERAL_REST, MODE, MORE, NESTING, NUMBER, NUMBERS_END,
  POSITION, REASON, REFUSED, RESUME_DEPTH, ROLE, ROLE_CAPTURE, ROLE_KEY, ROLE_NONE, SPAN, START, TENSOR, TENSOR_COUNT,
  TENSOR_ENDED, TEXT, VALUE, WATCH,
} from '../layout'
import { addKey, closeObject, isList, isListed, isText, openObject, tensorOf } from './keys'
import { get, get64, getAt, set, set64, setAt } from './memory'
import { number, wrongAt } from './number'
import { appendSpan, beginSpan, beginTextMember, dropSpan, endSpan, skipTensor } from './options'
import {
  IGNORE, STORE, beginTensor, closeArray, exceed, foreignElement, isNamed, limit, numberElement, openArray,
} from './tensor'
import { beginText, closed, refused, text } from './text'

function refuse(reason: i32): i32 {
  set(REASON, reason)
  return REFUSED
}

@inline function inObject(depth: i32): bool {
  return ((get64(NESTING) >> (depth - 1)) & 1) != 0
}

function endValue(p: usize): i32 {
  const depth = get(DEPTH)
  if (depth == 0) {
    set(MODE, FINISHED)
    return MORE
  }
  set(MODE, inObject(depth) ? AFTER_MEMBER : AFTER_ELEMENT)
  const base = get(BASE)
  if (depth != base + 1) {
    // What follows most values, without another round.
    if (load<u8>(p) == 0x2c) {
      setAt(POSITION, p + 1)
      set(MODE, inObject(depth) ? KEY : VALUE)
    }
    return MORE
  }
  if (get(TENSOR) >= 0) {
    set(WATCH, IGNORE)
    if (base != 0) {
      set(BASE, 0)
      set(TENSOR, -1)
      skipTensor(p)
    }
    return TENSOR_ENDED
  }
  return endSpan(p)
}

function open(isObject: bool): i32 {
  const depth = get(DEPTH)
  if (depth >= limit(LIMIT_DEPTH)) return exceed(LIMIT_DEPTH)
  let event = MORE
  if (isObject) {
    event = openObject()
    if (event != MORE) return event
    if (get(WATCH) != IGNORE) {
      event = foreignElement(KIND_OBJECT)
      if (event == EXCEEDED) return event
      if (get(WATCH) == STORE) {
        set(WATCH, IGNORE)
        set(RESUME_DEPTH, depth)
      }
    }
    set64(NESTING, get64(NESTING) | (<u64>1 << depth))
  } else if (get(WATCH) != IGNORE) {
    event = openArray(depth - get(BASE))
    if (event != MORE) return event
  }
  set(DEPTH, depth + 1)
  set(MODE, isObject ? FIRST_KEY : FIRST_VALUE)
  return event
}

function close(isObject: bool, p: usize): i32 {
  const depth = get(DEPTH)
  if (isObject) {
    closeObject()
    set64(NESTING, get64(NESTING) & ~(<u64>1 << (depth - 1)))
    if (get(RESUME_DEPTH) == depth - 1 && get(TENSOR) >= 0) {
      set(WATCH, STORE)
      set(RESUME_DEPTH, -1)
    }
  } else if (get(WATCH) != IGNORE) {
    closeArray(depth - get(BASE))
  }
  set(DEPTH, depth - 1)
  return endValue(p + 1)
}

function beginListed(p: usize): i32 {
  if (inObject(LISTED_DEPTH - 1)) return MORE
  const event = appendSpan(p + 1, true)
  setAt(SPAN, 0)
  set(BASE, LISTED_DEPTH - 1)
  beginTensor(get(TENSOR_COUNT))
  return event
}

function endKey(p: usize): i32 {
  const key = getAt(KEYS_TOP)
  const event = addKey()
  if (event != MORE) return event
  set(MODE, COLON)
  const depth = get(DEPTH)
  if (depth != 1) return depth == LISTED_DEPTH && get(IN_LIST) != 0 && isListed(key) ? beginListed(p) : MORE
  const tensor = tensorOf(key)
  if (tensor < 0) {
    set(IN_LIST, isList(key) ? 1 : 0)
    if (isText(key)) beginTextMember()
    return appendSpan(p + 1, true)
  }
  dropSpan()
  beginTensor(tensor)
  return MORE
}

function beginLiteral(kind: i32, rest: u32): i32 {
  set(KIND, kind)
  set(LITERAL_REST, rest)
  set(MODE, LITERAL)
  return MORE
}

function beginString(): void {
  const isTold = get(NON_NUMERIC) < NON_NUMERIC_CAPACITY || isNamed()
  beginText(get(WATCH) == STORE && isTold ? ROLE_CAPTURE : ROLE_NONE)
  set(MODE, TEXT)
}

function beginKey(p: usize): void {
  if (get(DEPTH) == 1) {
    set(TENSOR, -1)
    beginSpan(p)
  }
  beginText(ROLE_KEY)
  set(MODE, TEXT)
}

function endElement(kind: i32, p: usize): i32 {
  const event = get(WATCH) != IGNORE ? foreignElement(kind) : MORE
  if (event == EXCEEDED) return event
  const end = endValue(p)
  return end == MORE ? event : end
}

function readText(p: usize, end: usize): i32 {
  const isKey = get(ROLE) == ROLE_KEY
  // There is no room for more than one byte too many.
  if (isKey) end = min(end, p + <usize>(limit(LIMIT_KEY_LENGTH) + 1 - get(KEY_LENGTH)))
  p = text(p, end)
  setAt(POSITION, p)
  if (isKey && get(KEY_LENGTH) > limit(LIMIT_KEY_LENGTH)) return exceed(LIMIT_KEY_LENGTH)
  if (refused) return REFUSED
  if (!closed) return MORE
  setAt(POSITION, p + 1)
  return isKey ? endKey(p) : endElement(KIND_STRING, p + 1)
}

function readLiteral(p: usize, end: usize): i32 {
  let rest = get(LITERAL_REST)
  while (rest != 0 && p < end) {
    if (load<u8>(p) != <u8>rest) {
      setAt(POSITION, p)
      return refuse(LITERAL)
    }
    rest >>= 8
    p++
  }
  setAt(POSITION, p)
  set(LITERAL_REST, rest)
  return rest == 0 ? endElement(get(KIND), p) : MORE
}

function readNumber(p: usize, end: usize, c: u32): i32 {
  const out = getAt(NUMBERS_END)
  const behind = number(p, c, out)
  const longest = limit(LIMIT_NUMBER_LENGTH)
  setAt(POSITION, behind == 0 ? wrongAt : behind)
  if (<i32>((behind == 0 ? min(wrongAt, end) : behind) - p) > longest) return exceed(LIMIT_NUMBER_LENGTH)
  if (behind == 0 && wrongAt < end) return refuse(NUMBER)
  if (behind == 0 || behind >= end) {
    setAt(POSITION, p)
    setAt(END, p)
    return MORE
  }
  if (get(WATCH) != IGNORE) {
    const event = numberElement(load<f64>(out))
    if (event != MORE) return event
  }
  return endValue(behind)
}

function readValue(p: usize, end: usize, c: u32, mode: i32): i32 {
  if (c - 0x30 < 10 || c == 0x2d) return readNumber(p, end, c)
  setAt(POSITION, p + 1)
  switch (c) {
    case 0x22:
      beginString()
      return MORE
    case 0x5b:
      return open(false)
    case 0x7b:
      return open(true)
    case 0x6e:
      return beginLiteral(KIND_NULL, 0x6c6c75)
    case 0x66:
      return beginLiteral(KIND_FALSE, 0x65736c61)
    case 0x74:
      return beginLiteral(KIND_TRUE, 0x657572)
    case 0x5d:
      if (mode == FIRST_VALUE) return close(false, p)
  }
  setAt(POSITION, p)
  return refuse(mode)
}

/** One byte, or the rest of a token: MORE, or why the host must have a look. */
export function step(p: usize, end: usize, c: u32, mode: i32): i32 {
  switch (mode) {
    case TEXT:
      return readText(p, end)
    case LITERAL:
      return readLiteral(p, end)
    case VALUE:
    case FIRST_VALUE:
      return readValue(p, end, c, mode)
  }
  setAt(POSITION, p + 1)
  switch (mode) {
    case AFTER_ELEMENT:
      if (c == 0x2c) {
        set(MODE, VALUE)
        return MORE
      }
      if (c == 0x5d) return close(false, p)
      break
    case AFTER_MEMBER:
      if (c == 0x2c) {
        set(MODE, KEY)
        return MORE
      }
      if (c == 0x7d) return close(true, p)
      break
    case KEY:
    case FIRST_KEY:
      if (c == 0x22) {
        beginKey(p)
        return MORE
      }
      if (mode == FIRST_KEY && c == 0x7d) return close(true, p)
      break
    case COLON:
      if (c == 0x3a) {
        set(MODE, VALUE)
        return MORE
      }
      break
    case START:
      if (c == 0x7b) return open(true)
      break
  }
  setAt(POSITION, p)
  return refuse(mode)
}
