/** @import { Digits } from './types.d.ts' */

/** @type {Promise<Digits> | undefined} */
let digits

/** 899 handwritten digits: logits of a real model, and the truth. */
export function loadDigits() {
  digits ??= fetch(new URL('digits.json', import.meta.url)).then((response) => response.json())
  return digits
}
