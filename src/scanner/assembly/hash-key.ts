import { HASH, ROLE_KEY } from '../layout'
import { get64 } from './memory'
import { beginText, text } from './text'

/** The hash under which the string between the quotation marks will be known. It uses the state. */
export function hashKey(from: usize, end: usize): u64 {
  v128.store(end, i8x16.splat(0))
  beginText(ROLE_KEY)
  text(from, end)
  return get64(HASH)
}
