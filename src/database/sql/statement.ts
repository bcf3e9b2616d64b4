import type { SqlValue, Statement } from './engine.ts'

/** @throws RangeError for texts that not every database can keep */
export function statement(text: string, values: readonly SqlValue[]): Statement {
  for (const value of values) {
    if (typeof value === 'string' && (value.includes('\0') || !value.isWellFormed())) {
      throw new RangeError('A text for the store must be well-formed Unicode without U+0000.')
    }
  }
  return { text, values }
}
