/**
 * Where in a JSON text the value stands that a JSON Pointer (RFC 6901, as a URI fragment) names: from, to.
 *
 * @param {string} text
 * @param {string} pointer
 * @returns {[number, number] | undefined}
 */
export function locate(text, pointer) {
  try {
    let at = skipSpace(text, 0)
    for (const step of stepsOf(pointer)) {
      const next = text[at] === '{' ? memberAt(text, at, step) : elementAt(text, at, Number(step))
      if (next === undefined) return undefined
      at = next
    }
    return [at, endOf(text, at)]
  } catch {
    return undefined
  }
}

/**
 * Elements of the array that a JSON Pointer names, as they are written; one that is not there is nothing. For anything that is not an array,
 * element 0 is itself. The text is read once, however many are asked for.
 *
 * @param {string} text
 * @param {string} pointer
 * @param {number[]} indices
 * @returns {(string | undefined)[]}
 */
export function elementsAt(text, pointer, indices) {
  const [from, to] = locate(text, pointer) ?? [0, 0]
  /** @type {Map<number, string>} */
  const found = new Map()
  if (text[from] !== '[') return indices.map((index) => (index === 0 && to > from ? text.slice(from, to) : undefined))
  const wanted = new Set(indices)
  const last = Math.max(...indices)
  let at = skipSpace(text, from + 1)
  for (let index = 0; index <= last && at < to - 1; index++) {
    const end = endOf(text, at)
    if (wanted.has(index)) found.set(index, text.slice(at, end))
    at = skipSpace(text, skipSpace(text, end) + 1)
  }
  return indices.map((index) => found.get(index))
}

/** @param {string} pointer */
function stepsOf(pointer) {
  const steps = pointer.replace(/^#/, '').split('/').slice(1)
  return steps.map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
}

/**
 * @param {string} text
 * @param {number} open
 * @param {string} name
 */
function memberAt(text, open, name) {
  let at = skipSpace(text, open + 1)
  while (text[at] === '"') {
    const end = endOf(text, at)
    const value = skipSpace(text, skipSpace(text, end) + 1)
    if (JSON.parse(text.slice(at, end)) === name) return value
    at = skipSpace(text, skipSpace(text, endOf(text, value)) + 1)
  }
  return undefined
}

/**
 * @param {string} text
 * @param {number} open
 * @param {number} index
 */
function elementAt(text, open, index) {
  if (text[open] !== '[' || Number.isNaN(index)) return undefined
  let at = skipSpace(text, open + 1)
  for (let passed = 0; passed < index; passed++) {
    at = skipSpace(text, endOf(text, at))
    if (text[at] !== ',') return undefined
    at = skipSpace(text, at + 1)
  }
  return text[at] === ']' ? undefined : at
}

/**
 * @param {string} text
 * @param {number} at
 */
function skipSpace(text, at) {
  let next = at
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
  return next
}

/**
 * The position after the value that starts at a position.
 *
 * @param {string} text
 * @param {number} start
 */
function endOf(text, start) {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      at = endOfString(text, at)
      if (depth === 0) return at + 1
    } else if (character === '[' || character === '{') depth++
    else if (character === ']' || character === '}') {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && (character === ',' || skipSpace(text, at) > at)) return at
  }
  return text.length
}

/**
 * The position of the closing quote.
 *
 * @param {string} text
 * @param {number} open
 */
function endOfString(text, open) {
  let at = open + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}
