import type { NamesBuilder } from '../loss/names.ts'
import { markOfText, upperBits } from '../loss/names.ts'
import { memory } from './engine.ts'

/**
 * Tells the texts apart that the module left at their places in the slice, and puts their codes in the place of these. Returns how
 * many there are.
 *
 * @param words those of so many numbers
 */
export function tellTexts(words: Uint32Array, numbers: number, names: NamesBuilder): number {
  let count = 0
  for (let at = 0; at < 2 * numbers; at += 2) {
    const upper = words[at + 1]
    // negative numbers are above all of them
    if (upper <= upperBits || upper >= 0x8000_0000) continue
    const from = upper - upperBits
    const to = from + (words[at] >>> 3)
    const spelling = memory.toString('latin1', from, to)
    const read = () => JSON.parse(memory.toString('utf8', from - 1, to + 1)) as string
    words[at] = markOfText(names.codeOfSpelled(spelling, read))
    words[at + 1] = upperBits
    count++
  }
  return count
}
