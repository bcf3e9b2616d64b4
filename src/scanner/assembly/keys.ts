// The keys of all open objects, as 64-bit hashes of their UTF-16 units, so that an escaped key equals a plain one. An
// object that opens keeps the place where the keys of the one around it begin.
import {
  KEYS, KEY_BASE, KEY_COUNT, KEY_PROTO, KEY_TWICE, LIMIT_KEYS, MORE, PROTO_HASH, REASON, REFUSED, TENSOR_COUNT,
  TENSOR_HASHES,
} from '../layout'
import { get, get64, set } from './memory'
import { exceed, limit } from './tensor'

export function openObject(): i32 {
  const count = get(KEY_COUNT)
  if (count >= limit(LIMIT_KEYS)) return exceed(LIMIT_KEYS)
  store<u64>(KEYS + (count << 3), get(KEY_BASE))
  set(KEY_COUNT, count + 1)
  set(KEY_BASE, count + 1)
  return MORE
}

export function closeObject(): void {
  const count = get(KEY_BASE) - 1
  set(KEY_COUNT, count)
  set(KEY_BASE, <i32>load<u64>(KEYS + (count << 3)))
}

export function addKey(hash: u64): i32 {
  const count = get(KEY_COUNT)
  const end = KEYS + (count << 3)
  for (let key = KEYS + (get(KEY_BASE) << 3); key < end; key += 8) {
    if (load<u64>(key) == hash) {
      set(REASON, KEY_TWICE)
      return REFUSED
    }
  }
  if (hash == load<u64>(PROTO_HASH)) {
    set(REASON, KEY_PROTO)
    return REFUSED
  }
  if (count >= limit(LIMIT_KEYS)) return exceed(LIMIT_KEYS)
  store<u64>(end, hash)
  set(KEY_COUNT, count + 1)
  return MORE
}

/** Which tensor position a key is, -1 for an option. */
export function tensorOf(hash: u64): i32 {
  const count = get(TENSOR_COUNT)
  for (let i = 0; i < count; i++) {
    if (get64(TENSOR_HASHES + (i << 1)) == hash) return i
  }
  return -1
}
