// The bytes of all members that are no tensor, a comma before each, as the host will parse them.
import {
  LIMIT_OPTION_BYTES, MORE, OPTIONS, OPTION_BASE, OPTION_MARK, OPTION_TOTAL, SPAN, TEXTS, TEXT_RANGES,
} from '../layout'
import { get, getAt, set, setAt } from './memory'
import { exceed, limit } from './tensor'

export function beginSpan(p: usize): void {
  const total = get(OPTION_TOTAL)
  set(OPTION_MARK, total)
  store<u8>(<usize>(OPTIONS + total - get(OPTION_BASE)), 0x2c)
  set(OPTION_TOTAL, total + 1)
  setAt(SPAN, p)
}

/** Moves what has been read of the member. The limit waits for the end of the key, which may be that of a tensor. */
export function appendSpan(p: usize, checked: bool): i32 {
  const from = getAt(SPAN)
  const total = get(OPTION_TOTAL)
  const length = p - from
  memory.copy(<usize>(OPTIONS + total - get(OPTION_BASE)), from, length)
  set(OPTION_TOTAL, total + <i32>length)
  setAt(SPAN, p)
  return checked && countedOptions() > limit(LIMIT_OPTION_BYTES) ? exceed(LIMIT_OPTION_BYTES) : MORE
}

/** Bytes of the members that are neither a tensor nor a text. */
function countedOptions(): i32 {
  const total = get(OPTION_TOTAL)
  let counted = total
  for (let i = get(TEXTS) - 1; i >= 0; i--) {
    const from = get(TEXT_RANGES + 2 * i)
    const to = get(TEXT_RANGES + 2 * i + 1)
    counted -= (to < 0 ? total : to) - from
  }
  return counted
}

/** The member whose key has ended is a text. No key comes twice, so these are no more than the known ones. */
export function beginTextMember(): void {
  const at = TEXT_RANGES + 2 * get(TEXTS)
  set(at, get(OPTION_MARK))
  set(at + 1, -1)
  set(TEXTS, get(TEXTS) + 1)
}

export function endSpan(p: usize): i32 {
  const event = appendSpan(p, true)
  setAt(SPAN, 0)
  const last = TEXT_RANGES + 2 * get(TEXTS) - 1
  if (get(TEXTS) > 0 && get(last) < 0) set(last, get(OPTION_TOTAL))
  return event
}

/** The member is a tensor: what was moved of its key, even with an earlier slice, is taken back. */
export function dropSpan(): void {
  const mark = get(OPTION_MARK)
  set(OPTION_TOTAL, mark)
  set(OPTION_BASE, min(get(OPTION_BASE), mark))
  setAt(SPAN, 0)
}

/** A tensor inside the member has ended before p; a zero stands for it. */
export function skipTensor(p: usize): void {
  const total = get(OPTION_TOTAL)
  store<u16>(<usize>(OPTIONS + total - get(OPTION_BASE)), 0x303a)
  set(OPTION_TOTAL, total + 2)
  setAt(SPAN, p)
}

export function resumeSpan(from: usize): void {
  if (getAt(SPAN) != 0) setAt(SPAN, from)
}
