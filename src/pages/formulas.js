/**
 * A formula as MathML. Its tokens are parted by spaces: numbers, names, and operators; `x_i` has an index, `x^i`
 * a power, `a~b//c` is a fraction.
 *
 * @param {string} text for example `− t ln y`
 */
export function formula(text) {
  return `<math>${text.split(' ').map(token).join('')}</math>`
}

/**
 * @param {string} text
 * @returns {string}
 */
function token(text) {
  const [above, below] = text.split('//')
  if (below !== undefined) return `<mfrac>${row(above)}${row(below)}</mfrac>`
  const [root, power] = text.split('^')
  if (power !== undefined) return `<msup>${token(root)}${row(power)}</msup>`
  const [base, index] = text.split('_')
  if (index !== undefined) return `<msub>${token(base)}${row(index)}</msub>`
  if (/^\d[\d.,]*(e-\d+)?$/.test(text)) return `<mn>${text}</mn>`
  // the name of a function stands apart from its argument
  if (/^(ln|log|exp|cosh)$/.test(text)) return `<mi>${text}</mi><mspace width="0.17em"/>`
  return /^\p{L}+′?$/u.test(text) ? `<mi>${text}</mi>` : operator(text)
}

/** Brackets stay as high as what they are of, which is one line. @param {string} text */
function operator(text) {
  return /[()|]/.test(text) ? `<mo stretchy="false">${text}</mo>` : `<mo>${text.replace('<', '&lt;')}</mo>`
}

/** @param {string} text tokens parted by ~ */
function row(text) {
  return `<mrow>${text.split('~').map(token).join('')}</mrow>`
}
