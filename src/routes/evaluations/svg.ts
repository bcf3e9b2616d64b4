import { createHash } from 'node:crypto'

/** Colours of both schemes. A page that shows the image decides which of them it is. */
const style = `.l{fill:#424a53}.v{fill:#0b5fa5}text{fill:#fff}.c{stroke:#0b5fa5}.b{fill:#0b5fa5}@media(prefers-color-scheme:dark){.l{fill:#57606a}.v{fill:#1158a8}.c{stroke:#6cb6ff}.b{fill:#6cb6ff}}`

/** Lets the images have their style, and nothing else. */
export const imagePolicy = `default-src 'none';style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`

const height = 20
const fontSize = 11
const padding = 6

/** A name and the value beside it. */
export function badgeOf(label: string, value: string): string {
  const [left, right] = [widthOf(label) + 2 * padding, widthOf(value) + 2 * padding]
  const parts = [
    `<clipPath id="r"><rect width="${left + right}" height="${height}" rx="3"/></clipPath>`,
    `<g clip-path="url(#r)"><rect class="l" width="${left}" height="${height}"/><rect class="v" x="${left}" width="${right}" height="${height}"/></g>`,
    `<g font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="${fontSize}">`,
    `<text x="${padding}" y="14" textLength="${left - 2 * padding}" lengthAdjust="spacingAndGlyphs">${escaped(label)}</text>`,
    `<text x="${left + padding}" y="14" textLength="${right - 2 * padding}" lengthAdjust="spacingAndGlyphs">${escaped(value)}</text></g>`,
  ]
  return svgOf(left + right, `${label}: ${value}`, parts.join(''))
}

const lineWidth = 120
const margin = 2

/** Draws a curve from left to right. The line has a gap where a value is null. */
export function sparklineOf(label: string, values: readonly (number | null)[], value: string): string {
  const numbers = values.filter((each) => each !== null)
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)]
  const x = (at: number) =>
    margin + ((lineWidth - 2 * margin) * (values.length < 2 ? 1 : at)) / (values.length - 1 || 1)
  // halves, as the difference of two numbers may be too large
  const share = (each: number) => (high === low ? 0.5 : (each / 2 - low / 2) / (high / 2 - low / 2))
  const y = (each: number) => height - margin - (height - 2 * margin) * share(each)
  let isDrawing = false
  const steps = values.map((each, at) => {
    if (each === null) {
      isDrawing = false
      return ''
    }
    const step = `${isDrawing ? 'L' : 'M'}${rounded(x(at))} ${rounded(y(each))}`
    isDrawing = true
    return step
  })
  const last = values.findLastIndex((each) => each !== null)
  const end = values[last] ?? null
  const dot = end === null ? '' : `<circle class="b" cx="${rounded(x(last))}" cy="${rounded(y(end))}" r="2"/>`
  const line = `<path class="c" d="${steps.join('')}" fill="none" stroke-width="1.5" stroke-linejoin="round"/>`
  return svgOf(lineWidth, `${label}: ${value}`, line + dot)
}

function rounded(pixels: number): number {
  return Math.round(pixels * 100) / 100
}

function svgOf(width: number, title: string, parts: string): string {
  const said = escaped(title)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${said}"><title>${said}</title><style>${style}</style>${parts}</svg>\n`
}

/** About as wide as the text is; `textLength` makes it exactly so in every font. */
function widthOf(text: string): number {
  let width = 0
  for (const character of text)
    width += /[ -~]/.test(character) ? (/[ .,:;!'|iljtfrI()[\]-]/.test(character) ? 4.5 : 7) : 11
  return Math.ceil(width)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
