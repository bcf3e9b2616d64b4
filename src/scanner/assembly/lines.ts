// Many small documents in one go: lines of predictions and labels, written plainly and all alike.
import {
  COLUMNS, KEYS, LABELS_END, LABELS_RANK, LINES, NUMBERS, NUMBERS_END, RANK,
} from '../layout'
import { set, setAt } from './memory'
import { number } from './number'
import { placeOf } from './tensor'
import { skipString } from './text'

/** `{"predic`, `ctions":` and `"labels"`, as they lie in memory. */
const PREDICTIONS_BEGIN: u64 = 0x636964657270227b
const PREDICTIONS_END: u64 = 0x3a22736e6f697463
const LABELS: u64 = 0x22736c6562616c22

/** Behind the last number that was stored. */
let stored: usize = 0

/** White space of JSON that ends no line. */
@inline function skipBlank(p: usize): usize {
  let c = load<u8>(p)
  while (c == 0x20 || c == 0x09 || c == 0x0d) c = load<u8>(++p)
  return p
}

/** A label, which may be a text, is stored: the position behind it, 0 for anything else. */
function label(p: usize, out: usize, end: usize): usize {
  const c = <u32>load<u8>(p)
  if (c != 0x22) return number(p, c, out)
  const behind = skipString(p, end)
  if (behind != 0) store<f64>(out, placeOf(p + 1, behind - p - 2))
  return behind
}

/** Elements up to the closing bracket, at least one: the position behind it, 0 for anything else. */
@inline function elements(p: usize, out: usize, end: usize, areLabels: bool): usize {
  let c: u32 = 0x2c
  while (c == 0x2c) {
    p = skipBlank(p)
    p = areLabels ? label(p, out, end) : number(p, load<u8>(p), out)
    if (p == 0) return 0
    out += 8
    p = skipBlank(p)
    c = load<u8>(p++)
  }
  stored = out
  return c == 0x5d ? p : 0
}

function labelList(p: usize, out: usize, end: usize): usize {
  return elements(p, out, end, true)
}

function list(p: usize, out: usize): usize {
  return elements(p, out, 0, false)
}

/** Rows of so many bytes of numbers, up to the bracket that closes the last: the position behind it, 0 for anything else. */
function table(p: usize, out: usize, width: usize): usize {
  let c: u32 = 0x2c
  while (c == 0x2c) {
    if (load<u8>(p) != 0x5b) return 0
    p = list(p + 1, out)
    if (p == 0 || stored - out != width) return 0
    out = stored
    p = skipBlank(p)
    c = load<u8>(p++)
    if (c == 0x2c) p = skipBlank(p)
  }
  return c == 0x5d ? p : 0
}

/** Bytes of the first row of numbers. */
function firstWidth(p: usize, out: usize): usize {
  return list(p + 1, out) == 0 ? 0 : stored - out
}

/**
 * Reads lines as long as they are like the first: the ranks and the columns of both tensors. Predictions are stored from
 * NUMBERS on, labels from KEYS on, where no document is kept meanwhile. Returns where it stopped, at the beginning of a line.
 */
export function lines(from: usize, end: usize): usize {
  // no byte of an earlier slice may look like a part of this one
  v128.store(end, i8x16.splat(0))
  let line = from
  let numbersEnd: usize = NUMBERS
  let labelsEnd: usize = KEYS
  let width: usize = 0
  let rank = 0
  let labelsRank = 0
  let count = 0
  for (;;) {
    let p = line
    if (load<u64>(p) != PREDICTIONS_BEGIN || load<u64>(p + 7) != PREDICTIONS_END) break
    p = skipBlank(p + 15)
    if (load<u8>(p) != 0x5b) break
    p = skipBlank(p + 1)
    const ownRank = load<u8>(p) == 0x5b ? 2 : 1
    if (count == 0) {
      rank = ownRank
      width = rank == 2 ? firstWidth(p, numbersEnd) : 0
    } else if (ownRank != rank) break
    p = rank == 2 ? table(p, numbersEnd, width) : list(p, numbersEnd)
    if (p == 0) break
    const out = stored
    if (width == 0) width = out - numbersEnd
    if (rank == 1 && out - numbersEnd != width) break

    p = skipBlank(p)
    if (load<u8>(p) != 0x2c) break
    p = skipBlank(p + 1)
    if (load<u64>(p) != LABELS || load<u8>(p + 8) != 0x3a) break
    p = skipBlank(p + 9)
    let c = load<u8>(p)
    let ownLabelsRank = 1
    if (c == 0x5b) {
      p = skipBlank(p + 1)
      if (load<u8>(p) == 0x5b) {
        ownLabelsRank = 2
        p = table(p, labelsEnd, width)
      } else {
        p = labelList(p, labelsEnd, end)
      }
    } else {
      // a bare label is that of one sample, like a list of one
      if (rank == 2) break
      p = label(p, labelsEnd, end)
      stored = labelsEnd + 8
    }
    if (p == 0) break
    if (count == 0) labelsRank = ownLabelsRank
    else if (ownLabelsRank != labelsRank) break
    const labelBytes = stored - labelsEnd
    if (labelsRank == 2 ? rank == 1 || labelBytes != out - numbersEnd : labelBytes * (width >> 3) != out - numbersEnd) break

    p = skipBlank(p)
    if (load<u8>(p) != 0x7d) break
    p = skipBlank(p + 1)
    if (load<u8>(p) != 0x0a || p >= end) break
    numbersEnd = out
    labelsEnd = stored
    line = p + 1
    count++
  }
  set(LINES, count)
  set(RANK, rank)
  set(LABELS_RANK, labelsRank)
  set(COLUMNS, <i32>(width >> 3))
  setAt(NUMBERS_END, numbersEnd)
  setAt(LABELS_END, labelsEnd)
  return line
}
