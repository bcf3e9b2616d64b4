import { formula } from '../formulas.js'

/** What the catalogue spells out, as it is written. @type {Record<string, string>} */
const signs = {
  '-': '−',
  '!=': '≠',
  '<=': '≤',
  log: 'ln',
  sum: '∑',
  sqrt: '√',
  alpha: 'α',
  beta: 'β',
  gamma: 'γ',
  delta: 'δ',
  '(1/K)': '1//K',
}
/** Of more than one letter, and no words. */
const names = new Set(['exp', 'max', 'cosh', 'margin'])

/** A bracket or a sum may have a power or an index; what stands in brackets below it is more than one token. */
const pieces = /\(1\/K\)|\d+(?:\.\d+)?(?:e-?\d+)?|(?:[A-Za-z]+'?|\))(?:_(?:\w|\([^)]*\)))?(?:\^\w+)?|!=|<=|\S/g

/**
 * A formula of the catalogue, `l_i = (1/K) sum_k |y_k - t_k|`, as MathML. What it says in words stands between formulas,
 * so that lines can break there.
 *
 * @param {string} text
 */
export function markupOf(text) {
  let html = ''
  let depth = 0
  /** @type {string[]} */
  let tokens = []
  const end = () => {
    if (tokens.length > 0) html += `${html === '' ? '' : ' '}${formula(tokens.join(' '))}`
    tokens = []
  }
  for (const [piece] of text.matchAll(pieces)) {
    if (piece === '(') depth++
    else if (piece.startsWith(')')) depth--
    const isPause = depth === 0 && /^[,;]$/.test(piece)
    if (!isPause && !isWord(piece)) tokens.push(token(piece))
    else {
      end()
      html += isPause ? piece : ` ${piece}`
    }
  }
  end()
  return html
}

/** @param {string} piece */
function isWord(piece) {
  return /^[A-Za-z]{2,}$/.test(piece) && signs[piece] === undefined && !names.has(piece)
}

/**
 * @param {string} piece
 * @returns {string}
 */
function token(piece) {
  if (signs[piece] !== undefined) return signs[piece]
  const [low, power] = piece.split('^')
  const [plain, below] = low.split('_')
  const base = (signs[plain] ?? plain).replace("'", '′')
  const index = below?.replaceAll(/[()]/g, '').split(' ').map(token).join('~')
  return `${base}${index === undefined ? '' : `_${index}`}${power === undefined ? '' : `^${token(power)}`}`
}
