// The keys of all open objects, one behind the other: how long it is, its bytes, zeros up to a multiple of eight. A key is
// kept as its UTF-16 units, so that an escaped one equals a plain one: ASCII as it is, any other unit as three bytes with
// the high bit set. An object that opens keeps where the keys of the one around it begin, and how many there are. Of each
// key there is a hash besides, with a secret, so that few are ever compared; what is the same, only comparing tells.
import {
  HAS_LIST, KEYS_END, KEYS_TOP, KEY_BASE, KEY_COUNT, KEY_HASHES, KEY_PROTO, KEY_TWICE, LIMIT_KEYS, MORE, REASON, REFUSED,
  SECRET, STATE, TENSOR_COUNT, TENSOR_KEYS, TEXT_COUNT,
} from '../layout'
import { get, getAt, set, setAt, specialsOf } from './memory'
import { exceed, limit } from './tensor'

export function openObject(): i32 {
  const count = get(KEY_COUNT)
  if (count >= limit(LIMIT_KEYS)) return exceed(LIMIT_KEYS)
  const top = getAt(KEYS_TOP)
  store<u32>(top, <u32>getAt(KEY_BASE))
  store<i32>(top, count, 4)
  set(KEY_COUNT, count + 1)
  setAt(KEY_BASE, top + 8)
  setKeysTop(top + 8)
  return MORE
}

export function closeObject(): void {
  const top = getAt(KEY_BASE) - 8
  setAt(KEY_BASE, load<u32>(top))
  set(KEY_COUNT, load<i32>(top, 4))
  setKeysTop(top)
}

export function setKeysTop(top: usize): void {
  setAt(KEYS_TOP, top)
  setAt(KEYS_END, top)
}

export function openKey(): void {
  setAt(KEYS_END, getAt(KEYS_TOP) + 4)
}

/** Keeps the plain characters of a key from p on; the first byte that is none, or `end`. */
export function keepPlain(p: usize, end: usize): usize {
  let to = getAt(KEYS_END)
  while (true) {
    const bytes = v128.load(p)
    v128.store(to, bytes)
    const plain = min<usize>(ctz(specialsOf(bytes) | 0x10000), end - p)
    p += plain
    to += plain
    if (plain < 16) break
  }
  setAt(KEYS_END, to)
  return p
}

export function keepUnit(unit: u32): void {
  const to = getAt(KEYS_END)
  if (unit < 0x80) {
    store<u8>(to, unit)
    setAt(KEYS_END, to + 1)
    return
  }
  store<u32>(to, 0x808080 | (unit >> 14) | ((unit << 1) & 0x7f00) | ((unit & 0x7f) << 16))
  setAt(KEYS_END, to + 3)
}

@inline function endOf(key: usize): usize {
  return (key + load<u32>(key) + 11) & ~7
}

@inline function isSame(a: usize, b: usize): bool {
  // The length comes first, so both end together.
  for (const end = endOf(a); load<u64>(a) == load<u64>(b); b += 8) {
    a += 8
    if (a == end) return true
  }
  return false
}

/** A hash of the words of a kept key. Without the secret, clients cannot make many alike. */
function hashOf(key: usize, end: usize): u16 {
  const secret = load<u64>(SECRET) | 1
  let hash: u64 = 0
  for (; key < end; key += 8) {
    hash = (hash ^ load<u64>(key)) * secret
    hash ^= hash >> 32
  }
  return <u16>hash
}

@inline function hashAt(count: i32): usize {
  return KEY_HASHES + (count << 1)
}

/** Has no key of the open object this hash? */
function isNew(hash: u16, count: i32): bool {
  const hashes = i16x8.splat(hash)
  const first = load<i32>(getAt(KEY_BASE) - 4) + 1
  for (let i = first; i < count; i += 8) {
    const alike = i16x8.bitmask(i16x8.eq(v128.load(hashAt(i)), hashes))
    // Behind the last one lie those of objects that were closed.
    if ((alike & ((1 << min(count - i, 8)) - 1)) != 0) return false
  }
  return true
}

function isAmong(key: usize): bool {
  for (let other = getAt(KEY_BASE); other < key; other = endOf(other)) {
    if (isSame(key, other)) return true
  }
  return false
}

function isProto(key: usize): bool {
  return load<u32>(key) == 9 && load<u64>(key, 4) == 0x5f6f746f72705f5f && load<u8>(key, 12) == 0x5f
}

/** The key that has been read becomes one of its object. */
export function addKey(): i32 {
  const key = getAt(KEYS_TOP)
  const end = getAt(KEYS_END)
  store<u32>(key, <u32>(end - key - 4))
  store<u64>(end, 0)
  const next = endOf(key)
  const count = get(KEY_COUNT)
  const hash = hashOf(key, next)
  if (!isNew(hash, count) && isAmong(key)) {
    set(REASON, KEY_TWICE)
    return REFUSED
  }
  if (isProto(key)) {
    set(REASON, KEY_PROTO)
    return REFUSED
  }
  if (count >= limit(LIMIT_KEYS)) return exceed(LIMIT_KEYS)
  store<u16>(hashAt(count), hash)
  set(KEY_COUNT, count + 1)
  setKeysTop(next)
  return MORE
}

/** Which tensor position a kept key is, -1 for an option. */
export function tensorOf(key: usize): i32 {
  const count = get(TENSOR_COUNT)
  let tensor: usize = STATE + (TENSOR_KEYS << 2)
  for (let i = 0; i < count; i++) {
    if (isSame(key, tensor)) return i
    tensor = endOf(tensor)
  }
  return -1
}

function listKey(index: i32): usize {
  let key: usize = STATE + (TENSOR_KEYS << 2)
  for (let i = get(TENSOR_COUNT) + index; i > 0; i--) key = endOf(key)
  return key
}

/** Is a kept key that of the list whose objects have tensors? */
export function isList(key: usize): bool {
  return get(HAS_LIST) != 0 && isSame(key, listKey(0))
}

/** Is a kept key that of a member that is a text? */
export function isText(key: usize): bool {
  const first = get(HAS_LIST) << 1
  for (let i = get(TEXT_COUNT) - 1; i >= 0; i--) {
    if (isSame(key, listKey(first + i))) return true
  }
  return false
}

/** Is a kept key that of the tensor in an object of the list? */
export function isListed(key: usize): bool {
  return isSame(key, listKey(1))
}
