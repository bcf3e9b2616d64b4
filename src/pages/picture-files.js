import { svg } from './dom.js'
import { pngFile, svgFile } from './downloads.js'
import { colours, plotly } from './plot.js'
import { strings } from './strings.js'

/** What a chart looks like comes from the style sheets of the page, which a file does not have. */
const looks = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linecap',
  'stroke-linejoin',
  'opacity',
  'font-size',
  'font-weight',
  'paint-order',
]
const row = 20

/**
 * A picture as PNG and as SVG, for `saves`.
 *
 * @param {() => Iterable<Element>} parts the drawings that it consists of, from top to bottom
 */
export function pictureFiles(parts) {
  return {
    png: async () => pngFile(await svgOf([...parts()])),
    svg: async () => svgFile(await svgOf([...parts()])),
  }
}

/**
 * Drawings below each other on the paper of the theme, and what their lines are.
 *
 * @param {Element[]} parts
 */
async function svgOf(parts) {
  const { paper, ink } = colours()
  const width = Math.max(0, ...parts.map(({ clientWidth }) => clientWidth))
  let height = 0
  let content = ''
  for (const part of parts) {
    content += `<g transform="translate(0 ${height})">${await drawingOf(part)}</g>`
    height += part.clientHeight
  }
  if (content === '' || width === 0) throw new Error(strings.common.noPicture)
  for (const line of legendOf(parts, ink)) {
    content += `<g transform="translate(44 ${height + row / 2})">${text(line)}</g>`
    height += row
  }
  const type = 'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="13"'
  const ground = `<rect width="100%" height="100%" fill="${paper}"/>`
  return `<svg ${type} width="${width}" height="${height}">${ground}${content}</svg>`
}

/** @param {Element} part */
async function drawingOf(part) {
  const chart = part.querySelector('svg.chart')
  if (chart !== null) return text(dressed(chart))
  if (!(part instanceof HTMLElement) || part.dataset.drawn === undefined) throw new Error(strings.common.noPicture)
  const { clientWidth: width, clientHeight: height } = part
  return (await plotly()).toImage(part, { format: 'svg', width, height, imageDataOnly: true })
}

/** A copy that looks the same anywhere. @param {Element} chart */
function dressed(chart) {
  const copy = /** @type {Element} */ (chart.cloneNode(true))
  const copies = [copy, ...copy.querySelectorAll('*')]
  for (const [at, original] of [chart, ...chart.querySelectorAll('*')].entries()) {
    for (const { name } of [...copies[at].attributes]) {
      if (name === 'class' || name.startsWith('data-')) copies[at].removeAttribute(name)
    }
    dress(copies[at], original)
  }
  return copy
}

/** @param {Element} copy @param {Element} original */
function dress(copy, original) {
  const style = getComputedStyle(original)
  for (const look of looks) copy.setAttribute(look, style.getPropertyValue(look))
}

/**
 * A stroke and a name for each line that has one, `data-name`.
 *
 * @param {Element[]} parts
 * @param {string} ink
 */
function* legendOf(parts, ink) {
  const named = new Map(
    parts.flatMap((part) =>
      [...part.querySelectorAll('[data-name]')].map((line) => [line.getAttribute('data-name') ?? '', line]),
    ),
  )
  for (const [name, line] of named) {
    const stroke = svg('path', { d: 'M0 0h28' })
    dress(stroke, line)
    yield svg('g', {}, stroke, svg('text', { x: 36, y: 4, fill: ink }, name))
  }
}

/** @param {Element} element */
function text(element) {
  return new XMLSerializer().serializeToString(element)
}
