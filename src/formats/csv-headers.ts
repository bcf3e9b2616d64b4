import { alternatives } from '../loss/option-types.ts'
import { refuse } from '../loss/validation-errors.ts'
import { quoted } from '../loss/words.ts'

/** Which CSV parts of a form have a row of names, and whether these fit together. */
export class CsvHeaders {
  /** The parts that have one. */
  names: 'all' | readonly string[] = []
  /** The names in each CSV part that came; undefined for one without a header. */
  readonly parts = new Map<string, readonly string[] | undefined>()

  /**
   * @param text `true`, `false`, or the names of parts with commas in between
   * @throws InvalidContent
   */
  declare(text: string, tensorNames: readonly string[]): void {
    const names = text.split(',').map((name) => name.trim())
    if (text !== 'true' && text !== 'false' && names.some((name) => !tensorNames.includes(name))) {
      const detail = `csvHeader must be true, false, or the names of the parts with a header, such as predictions,labels; received ${quoted(text)}`
      refuse(['csvHeader'], detail, text, 'unknown-value')
    }
    if (this.parts.size > 0) {
      refuse(['csvHeader'], 'csvHeader must come before the parts of text/csv', text, 'misplaced')
    }
    this.names = text === 'true' ? 'all' : text === 'false' ? [] : names
  }

  /** Refuses parts of several columns whose names differ: columns are compared by their position. @throws InvalidContent */
  check(): void {
    const named = [...this.parts].filter(([, names]) => names !== undefined && names.length > 1)
    const [first] = named
    if (first === undefined) return
    const [firstPart, firstNames = []] = first
    for (const [part, names = []] of named.slice(1)) {
      const at = names.findIndex((name, column) => name !== firstNames[column])
      if (names.length !== firstNames.length || at < 0) continue
      const isOrder = names.every((name) => firstNames.includes(name))
      const remedy = isOrder
        ? 'save both with their columns in the same order'
        : `columns are matched by position: give both the same names, or remove the header of ${alternatives([firstPart, part])}`
      const detail = `column ${at + 1} of ${part} is called ${quoted(names[at])}, and that of ${firstPart} ${quoted(firstNames[at])}; ${remedy}.`
      refuse([part], detail, names[at], 'header')
    }
  }
}
