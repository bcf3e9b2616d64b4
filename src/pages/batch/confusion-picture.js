import { el, svg } from '../dom.js'
import { colours } from '../plot.js'
import { strings } from '../strings.js'

const words = strings.batch

/** Colours between those of both themes, so that the picture is right in either. */
const hues = { right: [45, 120, 230], wrong: [222, 84, 30] }

/**
 * The whole matrix, a pixel for each cell, with a frame around the window that the table shows.
 *
 * @param {number[][]} shares
 * @param {{ label: number, decision: number, size: number }} window
 * @param {(label: number, decision: number) => void} pick
 */
export function overview(shares, { label, decision, size }, pick) {
  const classes = shares.length
  const canvas = el('canvas', { width: classes, height: classes })
  const context = canvas.getContext('2d')
  const image = new ImageData(classes, classes)
  for (const [row, cells] of shares.entries()) {
    for (const [column, share] of cells.entries()) {
      if (share === 0) continue
      const at = 4 * (row * classes + column)
      image.data.set(row === column ? hues.right : hues.wrong, at)
      image.data[at + 3] = 255 * Math.sqrt(share)
    }
  }
  context?.putImageData(image, 0, 0)
  const frame = el('span', { class: 'frame' })
  const set = (/** @type {string} */ name, /** @type {number} */ value) => frame.style.setProperty(name, String(value))
  set('--top', label / classes)
  set('--left', decision / classes)
  set('--size', size / classes)
  const picture = el('div', { class: 'overview', role: 'img', 'aria-label': words.overview(classes) }, canvas, frame)
  picture.addEventListener('click', (event) => {
    const { left, top, width, height } = picture.getBoundingClientRect()
    pick(Math.floor(((event.clientY - top) / height) * classes), Math.floor(((event.clientX - left) / width) * classes))
  })
  return picture
}

/** The matrix as a picture of its own. @param {number[][]} shares */
export function confusionSvg(shares) {
  const classes = shares.length
  const cell = Math.max(4, Math.min(28, 800 / classes))
  const [edge, side] = [48, cell * classes]
  const { ink, paper, accent, truth } = colours()
  const step = Math.ceil(32 / cell)
  const root = svg('svg', { xmlns: 'http://www.w3.org/2000/svg', width: side + edge + 8, height: side + edge + 8 })
  root.append(svg('rect', { width: '100%', height: '100%', fill: paper }))
  const type = { fill: ink, 'font-family': 'system-ui, sans-serif', 'font-size': 12 }
  for (let at = 0; at < classes; at += step) {
    const middle = edge + (at + 0.5) * cell
    root.append(
      svg('text', { ...type, x: middle, y: edge - 6, 'text-anchor': 'middle' }, String(at)),
      svg('text', { ...type, x: edge - 6, y: middle + 4, 'text-anchor': 'end' }, String(at)),
    )
  }
  root.append(svg('text', { ...type, x: edge, y: 16 }, words.confusionCaption('')))
  for (const [row, cells] of shares.entries()) {
    for (const [column, share] of cells.entries()) {
      if (share === 0) continue
      root.append(
        svg('rect', {
          x: edge + column * cell,
          y: edge + row * cell,
          width: cell,
          height: cell,
          fill: row === column ? accent : truth,
          'fill-opacity': Number(Math.sqrt(share).toFixed(3)),
        }),
      )
    }
  }
  return new XMLSerializer().serializeToString(root)
}
