// Elementary functions, rounded once: a sum of two doubles whose error is known, and where that leaves two doubles to choose from,
// an exact way. docs/numerics.md has the bounds.
import * as big from './big'
import { exponentials, logarithms, rest, scale } from './pairs'
import { LN2_HIGH, LN2_LOW } from './tables'

/** As many numbers as a row may have; what is not used takes no memory. */
export const CAPACITY: i32 = 1 << 18
export const VALUES: usize = memory.data((1 << 18) << 3, 16)
export const RESULTS: usize = memory.data((1 << 18) << 3, 16)
export const CLASSES_CAPACITY: i32 = 4096
export const CLASSES: usize = memory.data(4096 << 2, 16)

/** What the exact way has cost so far, in numbers. */
export let exactCost: i32 = 0

const a = memory.data(32, 16)
const b = memory.data(32, 16)
const c = memory.data(32, 16)

const TINY: f64 = 5.551115123125783e-17 // 2^-54
const TO_20: f64 = 9.5367431640625e-7 // 2^-20
const OF_LOG: f64 = 6.776263578034403e-21 // 2^-67
const OF_EXP: f64 = 6.776263578034403e-21
const OF_SUM: f64 = 2.710505431213761e-20 // 2^-65

/** The second double of what was computed last. */
let low: f64 = 0

@inline function sum(s: f64, t: f64): f64 {
  const whole = s + t
  const ofT = whole - s
  low = s - (whole - ofT) + (t - ofT)
  return whole
}

@inline function isSure(s: f64, error: f64): bool {
  return s + (low + error) == s && s + (low - error) == s
}

@inline function powerOf2(k: i32): f64 {
  return reinterpret<f64>((<u64>(k + 1023)) << 52)
}

@inline function first26(x: f64): f64 {
  return reinterpret<f64>(reinterpret<u64>(x) & 0xfffffffff8000000)
}

/** k of what exponentials() gave last. */
@inline function exponent(): i32 {
  return <i32>(i64x2.extract_lane(scale, 0) >> 52)
}

function logarithmOfPair(high: f64, ofHigh: f64): f64 {
  const s = logarithms(f64x2.splat(high), f64x2.splat(ofHigh), true)
  low = f64x2.extract_lane(rest, 0)
  return f64x2.extract_lane(s, 0)
}

function exponentialOfPair(x: f64, ofX: f64): f64 {
  const s = exponentials(f64x2.splat(x), f64x2.splat(ofX), true)
  low = f64x2.extract_lane(rest, 0)
  return f64x2.extract_lane(s, 0)
}

/** log(1 + (u + low)), of u from 0 on. */
function logarithmOfOneAnd(u: f64): f64 {
  const ofU = low
  if (u < TO_20) {
    const t = ofU - u * u * (0.5 - u * (1.0 / 3 - u * 0.25))
    const s = u + t
    low = u - s + t
    return s
  }
  const high = sum(1, u)
  return logarithmOfPair(high, low + ofU)
}

// ---- log

export function logarithm(x: f64): f64 {
  return logarithmOfSum(x, 0)
}

/** log(1 + x) */
export function logarithmOf1(x: f64): f64 {
  if (abs(x) < TINY) return x
  return logarithmOfSum(1, x)
}

/** log(x + y), of the sum that is not rounded. */
function logarithmOfSum(x: f64, y: f64): f64 {
  const high = sum(x, y)
  const ofHigh = low
  if (high == 0) return -Infinity
  if (high < 0) return NaN
  if (!(high < Infinity)) return high
  if (high < 2.2250738585072014e-308) return logarithmOfSubnormal(high)
  const s = logarithmOfPair(high, ofHigh)
  return isSure(s, abs(s) * OF_LOG) ? s : exactLogarithm(x, y, high, s)
}

function logarithmOfSubnormal(x: f64): f64 {
  const log = logarithmOfPair(x * 18014398509481984.0, 0)
  const ofLog = low
  let s = sum(log, -54 * load<f64>(LN2_HIGH))
  s = sum(s, low + (ofLog - 54 * load<f64>(LN2_LOW)))
  return isSure(s, abs(s) * OF_LOG) ? s : exactLogarithm(x, 0, x, s)
}

function exactLogarithm(x: f64, y: f64, high: f64, s: f64): f64 {
  const ofS = low
  exactCost++
  let e = <i32>(reinterpret<u64>(high) >> 52) - 1023
  if (y == 0) {
    big.setDouble(a, high, -e)
  } else {
    const down = max(e, 0)
    memory.fill(a, 0, big.ROOM)
    memory.fill(b, 0, big.ROOM)
    big.addDouble(x < 0 ? b : a, abs(x), -down)
    big.addDouble(y < 0 ? b : a, abs(y), -down)
    big.subtract(a, a, b)
    if (e < 0) big.shift(a, a, -e)
  }
  big.logarithm(a, a, e, s, ofS)
  const size = big.round(a, 0)
  return s < 0 ? -size : size
}

// ---- exp

export function exponential(x: f64): f64 {
  if (!(x <= 709.79)) return x > 0 ? Infinity : x
  if (x < -745.2) return 0
  const s = exponentialOfPair(x, 0)
  if (x < -708) return subnormalPower(x, s)
  if (!isSure(s, OF_EXP * 2)) return exactExponential(x)
  const k = exponent()
  return k > 1023 ? s * powerOf2(1023) * 2 : s * powerOf2(k)
}

/** Rounds s + low, e^x / 2^k, to a multiple of 2^-1074 / 2^k, or beyond subnormal numbers to 53 bits. */
function subnormalPower(x: f64, s: f64): f64 {
  const k = exponent()
  if (s * powerOf2(k + 200) >= 2.2250738585072014e-308 * 1.6069380442589903e60) {
    return isSure(s, OF_EXP * 2) ? s * powerOf2(k + 200) * powerOf2(-200) : exactExponential(x)
  }
  const unit = powerOf2(-1074 - k)
  const shift = unit * 4503599627370496
  let rounded = s + shift - shift
  const left = s - rounded + low
  if (abs(abs(left) - unit * 0.5) <= OF_EXP * 2) return exactExponential(x)
  // s may be a tie that `low` decides
  if (left > unit * 0.5) rounded += unit
  else if (left < unit * -0.5) rounded -= unit
  return rounded * powerOf2(k + 200) * powerOf2(-200)
}

function exactExponential(x: f64): f64 {
  exactCost++
  big.setDouble(a, abs(x))
  const k = big.exponential(b, a, x < 0)
  return big.round(b, k)
}

/** e^x - 1 */
export function exponentialMinus1(x: f64): f64 {
  if (abs(x) < TINY) return x
  if (!(x <= 100)) return exponential(x)
  if (x < -40) return -1
  let s: f64
  let error: f64
  if (abs(x) < 0.011) {
    const head = first26(x)
    const tail = x - head
    const half = head * head * 0.5
    const h = x + half
    const ofH = x - h + half
    const cubic =
      x * x * x *
      (1.0 / 6 + x * (1.0 / 24 + x * (1.0 / 120 + x * (1.0 / 720 + x * (1.0 / 5040 + x * (1.0 / 40320 + x / 362880))))))
    const t = ofH + (cubic + tail * (x + head) * 0.5)
    s = h + t
    low = h - s + t
    error = abs(s) * OF_SUM
  } else {
    const power = exponentialOfPair(x, 0)
    const factor = powerOf2(exponent())
    const ofPower = low * factor
    const h = sum(power * factor, -1)
    const t = low + ofPower
    s = h + t
    low = h - s + t
    error = power * factor * (OF_EXP * 2)
  }
  return isSure(s, error) ? s : exactExponentialMinus1(x)
}

function exactExponentialMinus1(x: f64): f64 {
  exactCost++
  big.setDouble(a, abs(x))
  const k = big.exponential(b, a, x < 0)
  if (x > 0) {
    big.shift(a, big.ONE, -k)
    big.subtract(b, b, a)
    return big.round(b, k)
  }
  big.shift(b, b, k)
  big.subtract(b, big.ONE, b)
  return -big.round(b, 0)
}

// ---- softplus

/** log(1 + e^x) */
export function softplus(x: f64): f64 {
  if (!(x < 40)) return x
  // u^2 / 2, by which log(1 + u) differs from u, is too small to change how u is rounded
  if (x < -690) return exponential(x)
  const power = exponentialOfPair(-abs(x), 0)
  const factor = powerOf2(exponent())
  low *= factor
  let s = logarithmOfOneAnd(power * factor)
  if (x > 0) {
    const ofS = low
    const h = sum(x, s)
    const t = low + ofS
    s = h + t
    low = h - s + t
  }
  return isSure(s, s * OF_SUM) ? s : exactSoftplus(x, s)
}

function exactSoftplus(x: f64, s: f64): f64 {
  const ofS = low
  exactCost++
  big.setDouble(a, abs(x))
  const k = big.exponential(b, a, x < 0)
  if (x < -30) {
    big.logarithmOfSmall(a, b, k)
    return big.round(a, k)
  }
  if (k > 0) {
    big.shift(a, big.ONE, -k)
    big.add(a, a, b)
    big.logarithm(a, a, k, s, ofS)
  } else {
    big.shift(a, b, k)
    big.add(a, a, big.ONE)
    big.logarithm(a, a, 0, s, ofS)
  }
  return big.round(a, 0)
}

// ---- log cosh

/** log((e^x + e^-x) / 2) */
export function logCosh(x: f64): f64 {
  const d = abs(x)
  if (!(d < 40)) return d < Infinity ? ofLargeLogCosh(d) : d
  let s: f64
  let error: f64
  if (d < 0.0625) {
    // d^2/2 - d^4/12 + d^6/45 - 17 d^8/2520 + 31 d^10/14175 - 691 d^12/935550 + 10922 d^14/42567525
    // - 929569 d^16/10216206000
    const head = first26(d)
    const tail = d - head
    const high = head * head * 0.5
    const ofHigh = tail * (d + head) * 0.5
    const q = d * d
    const minor = q * q * (1.0 / 12 - q * (1.0 / 45 - q * (17.0 / 2520 - q * (31.0 / 14175 - q * (691.0 / 935550 - q * (10922.0 / 42567525 - q * (929569.0 / 10216206000)))))))
    const t = ofHigh - minor
    s = high + t
    low = high - s + t
    error = minor * 8.881784197001252e-16 + s * OF_SUM
    if (d < 1e-100) return s
  } else {
    const power = exponentialOfPair(-2 * d, 0)
    const factor = powerOf2(exponent())
    low *= factor
    const log = logarithmOfOneAnd(power * factor)
    const ofLog = low
    const h = sum(d, -load<f64>(LN2_HIGH))
    const t = low
    s = sum(h, log)
    const whole = low + (t + (ofLog - load<f64>(LN2_LOW)))
    const first = s
    s = first + whole
    low = first - s + whole
    error = OF_SUM
  }
  return isSure(s, error) ? s : exactLogCosh(d)
}

/** d - log 2, as e^-2d is below all of it. */
function ofLargeLogCosh(d: f64): f64 {
  const h = sum(d, -load<f64>(LN2_HIGH))
  return h + (low - load<f64>(LN2_LOW))
}

function exactLogCosh(d: f64): f64 {
  exactCost++
  const power = exponentialOfPair(-2 * d, 0)
  const factor = powerOf2(exponent())
  low *= factor
  const s = logarithmOfOneAnd(power * factor)
  const ofS = low
  big.setDouble(a, d * 2)
  const k = big.exponential(b, a, true)
  big.shift(a, b, k)
  big.add(a, a, big.ONE)
  big.logarithm(a, a, 0, s, ofS)
  big.addDouble(a, d, 0)
  big.subtract(a, a, big.LN2)
  return big.round(a, 0)
}

// ---- powers

/** x^y for x from 0 on, within 2^-10 of the last place, and exact for y of 0, 1 and 2. */
export function power(x: f64, y: f64): f64 {
  if (y == 0 || x == 1) return 1
  if (y == 1) return x
  if (y == 2) return x * x
  if (x == 0 || !(x < Infinity)) return x != x ? x : y > 0 == (x == 0) ? 0 : Infinity
  let log: f64
  if (x < 2.2250738585072014e-308) {
    log = logarithmOfPair(x * 18014398509481984.0, 0)
    const ofLog = low
    log = sum(log, -54 * load<f64>(LN2_HIGH))
    log = sum(log, low + (ofLog - 54 * load<f64>(LN2_LOW)))
  } else {
    log = logarithmOfPair(x, 0)
  }
  const product = log * y
  if (!(product < 709.79)) return Infinity
  if (product < -745.2) return 0
  // the error of the product (Dekker 1971); |log| and |y| are far from what overflows where |product| is small
  const headOfLog = first26(log)
  const tailOfLog = log - headOfLog
  const headOfY = first26(y)
  const tailOfY = y - headOfY
  const error = tailOfLog * tailOfY - (product - headOfLog * headOfY - tailOfLog * headOfY - headOfLog * tailOfY)
  const ofProduct = error + low * y
  const s = exponentialOfPair(product, ofProduct)
  const k = exponent()
  if (k > 1023) return s * powerOf2(1023) * 2
  return k < -1000 ? s * powerOf2(k + 200) * powerOf2(-200) : s * powerOf2(k)
}

// ---- many at a time

/** Puts -log(value + shift), of the sum as a double, in the place of each value. */
export function negativeLogarithms(count: i32, shift: f64): void {
  const end = VALUES + ((<usize>count) << 3)
  if (count & 1) store<f64>(end, 1)
  for (let at = VALUES; at < end; at += 16) {
    const two = f64x2.add(v128.load(at), f64x2.splat(shift))
    if (isRare(two)) {
      store<f64>(at, 0 - logarithm(f64x2.extract_lane(two, 0)))
      store<f64>(at + 8, 0 - logarithm(f64x2.extract_lane(two, 1)))
      continue
    }
    const s = logarithms(two, two, false)
    const error = f64x2.mul(f64x2.abs(s), f64x2.splat(OF_LOG))
    const upper = f64x2.add(s, f64x2.add(rest, error))
    const lower = f64x2.add(s, f64x2.sub(rest, error))
    v128.store(at, f64x2.sub(f64x2.splat(0), s))
    if (v128.any_true(f64x2.ne(upper, lower))) {
      store<f64>(at, 0 - logarithm(f64x2.extract_lane(two, 0)))
      store<f64>(at + 8, 0 - logarithm(f64x2.extract_lane(two, 1)))
    }
  }
}

/** Whether one of them is 0, subnormal, negative, infinite or no number. */
@inline function isRare(two: v128): bool {
  const tooSmall = i64x2.gt_s(i64x2.splat(0x0010000000000000), two)
  const tooLarge = i64x2.gt_s(two, i64x2.splat(0x7fefffffffffffff))
  return v128.any_true(v128.or(tooSmall, tooLarge))
}

// ---- log softmax

const LOWEST: f64 = -690

/** What e^(values - largest) adds up to, without the largest, as two doubles: the second is `low`. */
let flushed: bool = false

@inline function isNext(at: usize, end: usize): v128 {
  return i64x2.splat(at + 8 < end ? -1 : 0)
}

function sumOfPowers(from: usize, end: usize, top: usize, largest: f64): f64 {
  let high = f64x2.splat(0)
  let ofHigh = f64x2.splat(0)
  let isSmall = i64x2.splat(0)
  const minusLargest = f64x2.splat(-largest)
  for (let at = from; at < end; at += 16) {
    const values = v128.load(at)
    let x = f64x2.add(values, minusLargest)
    const ofLargest = f64x2.sub(x, values)
    const ofX = f64x2.add(f64x2.sub(values, f64x2.sub(x, ofLargest)), f64x2.sub(minusLargest, ofLargest))
    let isIn = f64x2.ge(x, f64x2.splat(LOWEST))
    if (at + 8 >= end) isIn = i64x2.replace_lane(isIn, 1, 0)
    isSmall = v128.or(isSmall, v128.not(isIn))
    if (at == top) isIn = i64x2.replace_lane(isIn, 0, 0)
    else if (at + 8 == top) isIn = i64x2.replace_lane(isIn, 1, 0)
    x = v128.and(x, isIn)
    const power = exponentials(x, v128.and(ofX, isIn), true)
    const factor = v128.and(i64x2.add(scale, f64x2.splat(1)), isIn)
    const term = f64x2.mul(power, factor)
    const next = f64x2.add(high, term)
    const ofTerm = f64x2.sub(next, high)
    const error = f64x2.add(f64x2.sub(high, f64x2.sub(next, ofTerm)), f64x2.sub(term, ofTerm))
    ofHigh = f64x2.add(ofHigh, f64x2.add(error, f64x2.mul(rest, factor)))
    high = next
  }
  flushed = v128.any_true(isSmall)
  const whole = sum(f64x2.extract_lane(high, 0), f64x2.extract_lane(high, 1))
  const small = low + (f64x2.extract_lane(ofHigh, 0) + f64x2.extract_lane(ofHigh, 1))
  const normal = whole + small
  low = whole - normal + small
  return normal
}

/** Writes the log softmax of each row of VALUES to RESULTS: the exact way reads the row again. */
export function logSoftmax(rows: i32, outputs: i32): void {
  const size = (<usize>outputs) << 3
  for (let row = 0; row < rows; row++) logSoftmaxOfRow(VALUES + <usize>row * size, size, RESULTS + <usize>row * size, -1)
}

/** Writes the log softmax of one class of each row of VALUES to RESULTS. */
export function logSoftmaxOfClasses(rows: i32, outputs: i32): void {
  const size = (<usize>outputs) << 3
  for (let row = 0; row < rows; row++) {
    const only = load<i32>(CLASSES + ((<usize>row) << 2))
    logSoftmaxOfRow(VALUES + <usize>row * size, size, RESULTS + ((<usize>row) << 3), only)
  }
}

function logSoftmaxOfRow(from: usize, size: usize, results: usize, only: i32): void {
  const end = from + size
  let top = from
  let largest = load<f64>(from)
  for (let at = from + 8; at < end; at += 8) {
    const value = load<f64>(at)
    if (value > largest) {
      largest = value
      top = at
    }
  }
  const others = sumOfPowers(from, end, top, largest)
  const log = others == 0 ? 0 : logarithmOfOneAnd(others)
  const ofLog = others == 0 ? 0 : low
  let isExact = flushed && others < 1e-270
  if (isExact && isFar(from, end, top, largest)) isExact = false
  const first = only < 0 ? from : from + ((<usize>only) << 3)
  const last = only < 0 ? end : first + 8
  let isKnown = false
  for (let at = first; at < last; at += 8, results += 8) {
    const distance = sum(largest, -load<f64>(at))
    const ofDistance = low
    if (!(distance < Infinity)) {
      store<f64>(results, -Infinity)
      continue
    }
    const whole = sum(distance, log)
    const t = low + (ofDistance + ofLog)
    const s = whole + t
    low = whole - s + t
    const isOfTop = at == top
    if (isSure(s, log * OF_SUM + (isOfTop ? 0 : s * 7.888609052210118e-31)) && !(isExact && isOfTop)) {
      store<f64>(results, 0 - s)
      continue
    }
    if (!isKnown) exactNormaliser(from, end, top, largest, log, ofLog)
    isKnown = true
    store<f64>(results, 0 - exactDistance(isOfTop, distance, ofDistance))
  }
}

/** Whether e^(values - largest) of all others add up to less than half of 2^-1074. */
function isFar(from: usize, end: usize, top: usize, largest: f64): bool {
  for (let at = from; at < end; at += 8) if (at != top && load<f64>(at) - largest > -800) return false
  return true
}

const term = memory.data(32, 16)
const others = memory.data(32, 16)
const normaliser = memory.data(32, 16)
const distances = memory.data(32, 16)
let exponentOfOthers: i32 = 0
let areOthersSmall: bool = false

/** log(1 + others 2^exponentOfOthers) */
function exactNormaliser(from: usize, end: usize, top: usize, largest: f64, log: f64, ofLog: f64): void {
  exactCost += <i32>((end - from) >> 3)
  let second = -Infinity
  for (let at = from; at < end; at += 8) if (at != top) second = max(second, load<f64>(at) - largest)
  memory.fill(others, 0, big.ROOM)
  exponentOfOthers = <i32>(max(second, -2000) * 1.4426950408889634) + 1
  for (let at = from; at < end; at += 8) {
    const distance = sum(largest, -load<f64>(at))
    if (at == top || distance > 1400 || second + distance > 200) continue
    setDistance(distance, low, 0)
    const k = big.exponential(term, distances, true)
    big.shift(term, term, k - exponentOfOthers)
    big.add(others, others, term)
  }
  areOthersSmall = second < -60
  if (areOthersSmall) {
    big.logarithmOfSmall(normaliser, others, exponentOfOthers)
  } else {
    big.shift(normaliser, others, exponentOfOthers)
    big.add(normaliser, normaliser, big.ONE)
    big.logarithm(normaliser, normaliser, 0, log, ofLog)
    exponentOfOthers = 0
  }
}

/** distance + low, over 2^exponent. */
function setDistance(distance: f64, ofDistance: f64, exponent: i32): void {
  big.setDouble(distances, distance, -exponent)
  if (ofDistance > 0) {
    big.addDouble(distances, ofDistance, -exponent)
  } else {
    big.setDouble(term, -ofDistance, -exponent)
    big.subtract(distances, distances, term)
  }
}

/** The distance and the normaliser, rounded once. */
function exactDistance(isOfTop: bool, distance: f64, ofDistance: f64): f64 {
  if (isOfTop) return big.round(normaliser, exponentOfOthers)
  const exponent = max(<i32>(reinterpret<u64>(distance) >> 52) - 1023 - 20, 0)
  setDistance(distance, ofDistance, exponent)
  big.shift(term, normaliser, exponentOfOthers - exponent)
  big.add(distances, distances, term)
  return big.round(distances, exponent)
}
