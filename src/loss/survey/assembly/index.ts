// Two doubles at a time. Rows stand one behind the other from ROWS on; an integer for each is written from RESULTS on.

export const ROWS: usize = 1024
export const CAPACITY: i32 = 8192
export const RESULTS: usize = ROWS + ((<usize>CAPACITY) << 3)

/** What is written for a row that may be wrong, and for one whose largest number stands in it more than once. */
const DOUBTFUL: i32 = -2
const TIED: i32 = -1

/**
 * Writes where the largest number of each row is, unless it is doubtful: a number is outside [low, high], or their sum, in an
 * order of its own, is not within `tolerance` of 1. Returns how many are.
 */
export function survey(count: i32, outputs: i32, low: f64, high: f64, tolerance: f64): i32 {
  const pairs = outputs >> 1
  const isOdd = (outputs & 1) != 0
  let doubtful = 0
  let row = ROWS
  for (let i = 0; i < count; i++) {
    let at = row
    let top = v128.load(at)
    let bottom = top
    let sum = f64x2.splat(0)
    for (let pair = 0; pair < pairs; pair++, at += 16) {
      const two = v128.load(at)
      top = f64x2.pmax(top, two)
      bottom = f64x2.pmin(bottom, two)
      sum = f64x2.add(sum, two)
    }
    let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
    if (isOdd) {
      const last = v128.load64_splat(at)
      top = f64x2.pmax(top, last)
      bottom = f64x2.pmin(bottom, last)
      total += f64x2.extract_lane(last, 0)
    }
    // without a branch
    const largest = f64x2.extract_lane(f64x2.pmax(top, v128.shuffle<f64>(top, top, 1, 0)), 0)
    const least = f64x2.extract_lane(f64x2.pmin(bottom, v128.shuffle<f64>(bottom, bottom, 1, 0)), 0)
    // what is not a number is in no comparison, but makes the sum none
    const result = RESULTS + ((<usize>i) << 2)
    if (least >= low && largest <= high && abs(total - 1) <= tolerance) {
      store<i32>(result, outputs <= 32 ? placeInFew(row, pairs, isOdd, largest) : place(row, outputs, largest))
    } else {
      doubtful++
      store<i32>(result, DOUBTFUL)
    }
    row += (<usize>outputs) << 3
  }
  return doubtful
}

/** Of at most 32 numbers: a bit for each that is the largest. */
function placeInFew(row: usize, pairs: i32, isOdd: bool, largest: f64): i32 {
  const wanted = f64x2.splat(largest)
  let bits: u32 = 0
  let at = row
  for (let pair = 0; pair < pairs; pair++, at += 16) {
    bits |= (<u32>i64x2.bitmask(f64x2.eq(v128.load(at), wanted))) << (pair << 1)
  }
  if (isOdd && load<f64>(at) == largest) bits |= (<u32>1) << (pairs << 1)
  return (bits & (bits - 1)) == 0 ? ctz(bits) : TIED
}

function place(row: usize, outputs: i32, largest: f64): i32 {
  const wanted = f64x2.splat(largest)
  let found = -1
  let k = 0
  let at = row
  for (; k < outputs - 1; k += 2, at += 16) {
    const bits = i64x2.bitmask(f64x2.eq(v128.load(at), wanted))
    if (bits == 0) continue
    if (found >= 0 || bits == 3) return TIED
    found = k + (bits >> 1)
  }
  if (k < outputs && load<f64>(at) == largest) return found >= 0 ? TIED : k
  return found
}

/** Writes the place of the 1 in each row, up to the first row that is not one 1 among zeros, and returns that row, or `count`. */
export function ones(count: i32, outputs: i32): i32 {
  const pairs = outputs >> 1
  const isOdd = (outputs & 1) != 0
  let at = ROWS
  for (let i = 0; i < count; i++) {
    let inside = v128.not(i64x2.splat(0))
    let sum = f64x2.splat(0)
    let place = f64x2.splat(0)
    let places = f64x2(0, 1)
    for (let pair = 0; pair < pairs; pair++, at += 16) {
      const two = v128.load(at)
      // only 0, 1 and Infinity are their own squares
      inside = v128.and(inside, f64x2.eq(f64x2.mul(two, two), two))
      sum = f64x2.add(sum, two)
      place = f64x2.add(place, f64x2.mul(places, two))
      places = f64x2.add(places, f64x2.splat(2))
    }
    let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
    let where = f64x2.extract_lane(place, 0) + f64x2.extract_lane(place, 1)
    let isRight = i64x2.all_true(inside)
    if (isOdd) {
      const last = load<f64>(at)
      isRight = isRight && last * last == last
      total += last
      where += last * <f64>(outputs - 1)
      at += 8
    }
    if (!isRight || total != 1) return i
    store<i32>(RESULTS + ((<usize>i) << 2), <i32>where)
  }
  return count
}
