import { STATE } from '../layout'

@inline export function get(field: i32): i32 {
  return load<i32>(STATE + (field << 2))
}

@inline export function set(field: i32, value: i32): void {
  store<i32>(STATE + (field << 2), value)
}

/** Addresses among the fields. */
@inline export function getAt(field: i32): usize {
  return load<u32>(STATE + (field << 2))
}

@inline export function setAt(field: i32, value: usize): void {
  store<u32>(STATE + (field << 2), <u32>value)
}

@inline export function get64(field: i32): u64 {
  return load<u64>(STATE + (field << 2))
}

@inline export function set64(field: i32, value: u64): void {
  store<u64>(STATE + (field << 2), value)
}

/** Leaves p at the first byte that is no white space; the zero behind the slice is none. */
@inline export function skipSpace(p: usize): usize {
  while (isSpace(load<u8>(p))) p++
  return p
}

@inline export function isSpace(c: u32): bool {
  return c == 0x20 || c == 0x0a || c == 0x0d || c == 0x09
}

/** A bit for each byte of a string that means more than itself. */
@inline export function specialsOf(bytes: v128): i32 {
  // Signed: bytes from 0x80 are below the space as well.
  const special = v128.or(
    i8x16.lt_s(bytes, i8x16.splat(0x20)),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
  )
  return i8x16.bitmask(special)
}
