import { strings } from '../strings.js'

const words = strings.batch

/**
 * What people often write that is not JSON, and what would be.
 *
 * @param {string} text as it was given
 * @param {number} at where it stops being JSON
 * @returns {string | undefined}
 */
export function syntaxHint(text, at) {
  const start = text.trimStart()
  if (!start.startsWith('{')) {
    if (start.startsWith('[')) return words.hintObject
    return /^[\w."+-]+\s*[,;\t]/.test(start) ? words.hintCsv : words.hintObject
  }
  const rest = text.slice(at, at + 20)
  if (rest.startsWith("'")) return words.hintQuotes
  if (/^[+-]?(nan|inf)/i.test(rest)) return words.hintNotFinite
  if (/^(True|False|None|array|np\.|tensor|\()/.test(rest)) return words.hintPython
  if (/^[\]}]/.test(rest) && /,\s*$/.test(text.slice(Math.max(0, at - 200), at))) return words.hintComma
  return /^[+.]|^\d/.test(rest) ? words.hintNumber : undefined
}

/**
 * Line and column of a place, from 1.
 *
 * @param {string} text
 * @param {number} at
 */
export function lineAndColumn(text, at) {
  const lines = text.slice(0, at).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}
