const elementsPerStep = 2 ** 15
const elementsPerCopy = 2 ** 20

/** Bits of a digit; a key has three in each of its words. */
const bits = 11
const [digitsPerWord, buckets] = [3, 2 ** bits]

const fewRows = 128

/**
 * Sorts rows by one column, the largest first, in steps; equal ones stay in their order. Many rows by radix, in linear time.
 * @param order the rows, which are sorted  @param scratch as much memory
 * @param column `numbers[row * width + column]` is that of a row; none is NaN
 */
export function* rankRows(
  numbers: Float64Array,
  width: number,
  column: number,
  order: Int32Array,
  scratch: Int32Array,
): Generator<void, void> {
  if (order.length <= fewRows) {
    order.sort((a, b) => numbers[b * width + column] - numbers[a * width + column])
    return
  }
  const words = new Uint32Array(numbers.buffer, numbers.byteOffset, 2 * numbers.length)
  const keys: Keys = { words, stride: 2 * width, first: 2 * column }
  const count = order.length
  const counts = new Int32Array(2 * digitsPerWord * buckets)
  for (let at = 0; at < count; at += elementsPerStep) {
    countDigits(keys, order.subarray(at, at + elementsPerStep), counts)
    if (at + elementsPerStep < count) yield
  }
  let [from, to] = [order, scratch]
  for (let digit = 0; digit < 2 * digitsPerWord; digit++) {
    const counted = counts.subarray(digit * buckets, (digit + 1) * buckets)
    if (counted.includes(count)) continue
    const next = startsOf(counted)
    for (let at = 0; at < count; at += elementsPerStep) {
      move(keys, digit, from.subarray(at, at + elementsPerStep), to, next)
      if (at + elementsPerStep < count) yield
    }
    ;[from, to] = [to, from]
  }
  if (from === order) return
  for (let at = 0; at < count; at += elementsPerCopy) {
    order.set(from.subarray(at, at + elementsPerCopy), at)
    if (at + elementsPerCopy < count) yield
  }
}

interface Keys {
  readonly words: Uint32Array
  readonly stride: number
  readonly first: number
}

function countDigits({ words, stride, first }: Keys, rows: Int32Array, counts: Int32Array): void {
  for (let i = 0; i < rows.length; i++) {
    const at = rows[i] * stride + first
    for (let word = 0, digit = 0; word < 2; word++) {
      let rest = keyWord(words, at, word)
      for (let each = 0; each < digitsPerWord; each++, digit++) {
        counts[digit * buckets + (rest & (buckets - 1))]++
        rest >>>= bits
      }
    }
  }
}

function startsOf(counts: Int32Array): Int32Array {
  const starts = new Int32Array(buckets)
  for (let bucket = 1; bucket < buckets; bucket++) starts[bucket] = starts[bucket - 1] + counts[bucket - 1]
  return starts
}

function move({ words, stride, first }: Keys, digit: number, rows: Int32Array, to: Int32Array, next: Int32Array): void {
  const word = digit < digitsPerWord ? 0 : 1
  const shift = bits * (digit % digitsPerWord)
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    to[next[(keyWord(words, row * stride + first, word) >>> shift) & (buckets - 1)]++] = row
  }
}

/** A word of the key of a number, in the opposite order: all bits flipped, but of a negative one. */
function keyWord(words: Uint32Array, at: number, word: number): number {
  const high = words[at + 1]
  const isNegative = high >>> 31 === 1 && (high !== 0x80000000 || words[at] !== 0)
  if (word === 0) return isNegative ? words[at] : ~words[at]
  return isNegative ? high : ~high & 0x7fffffff
}
