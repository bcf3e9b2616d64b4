import { el } from './dom.js'
import { strings } from './strings.js'

const words = strings.common

/**
 * Buttons that save a thing in several formats.
 *
 * @param {string} what is saved, in words
 * @param {string} name of the files, without an extension
 * @param {Record<string, () => Blob | Promise<Blob>>} formats by extension
 */
export function saves(what, name, formats) {
  const buttons = Object.entries(formats).map(([extension, content]) => {
    const format = extension.toUpperCase()
    const button = el('button', { type: 'button', class: 'quiet', 'aria-label': words.saveAs(what, format) }, format)
    button.addEventListener('click', async () => {
      try {
        save(`${name}.${extension}`, await content())
        trouble.textContent = ''
      } catch (error) {
        trouble.textContent = String(error instanceof Error ? error.message : error)
      }
    })
    return button
  })
  const trouble = el('span', { role: 'alert' })
  return el('p', { class: 'saves' }, `${words.save} `, ...buttons, trouble)
}

/**
 * @param {string} name
 * @param {Blob} content
 */
function save(name, content) {
  const href = URL.createObjectURL(content)
  el('a', { href, download: name }).click()
  // by then the browser has begun to read it
  setTimeout(() => URL.revokeObjectURL(href), 60_000)
}

/** @param {unknown} value */
export function jsonFile(value) {
  return new Blob([JSON.stringify(value, null, 2)], { type: 'application/json' })
}

/**
 * Rows as CSV (RFC 4180), without formulas.
 *
 * @param {(string | number)[][]} rows
 */
export function csvFile(rows) {
  const cell = (/** @type {string | number} */ value) => {
    const text = withoutFormula(String(value))
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return new Blob(
    rows.map((row) => `${row.map(cell).join(',')}\r\n`),
    { type: 'text/csv' },
  )
}

/** What a spreadsheet would compute, as a text: with an apostrophe before it. @param {string} text */
function withoutFormula(text) {
  return /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text
}

/**
 * A table as it stands, with exact numbers where it shows rounded ones.
 *
 * @param {HTMLTableElement} table
 */
export function csvOf(table) {
  const value = (/** @type {HTMLTableCellElement} */ cell) => cell.querySelector('data')?.value || cell.innerText.trim()
  return csvFile(Array.from(table.rows, (row) => Array.from(row.cells, value)))
}

/** @param {string} svg */
export function svgFile(svg) {
  return new Blob([svg], { type: 'image/svg+xml' })
}

/** A picture as pixels, two for each of its own. @param {string} svg @returns {Promise<Blob>} */
export async function pngFile(svg) {
  const image = new Image()
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = el('canvas', { width: 2 * image.naturalWidth, height: 2 * image.naturalHeight })
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error(words.noPicture)) : resolve(blob)))
  })
}
