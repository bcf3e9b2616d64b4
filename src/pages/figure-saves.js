import { find } from './dom.js'
import { csvFile, csvOf, saves } from './downloads.js'
import { numbersOf } from './numbers.js'
import { pictureFiles } from './picture-files.js'

/**
 * Lets people save all that a section shows: each figure as a picture, with its numbers, and each table that has a
 * `data-table`, the end of its file's name.
 *
 * @param {HTMLElement} section
 */
export function offerSaves(section) {
  const title = find(section, 'h2', HTMLElement).innerText
  for (const figure of section.querySelectorAll('figure')) {
    const { part, title: own = title } = figure.dataset
    const rows = numbersOf(figure)
    const formats = {
      ...pictureFiles(() => figure.querySelectorAll('.drawing, .scene')),
      ...(rows && { csv: () => fileOf(rows()) }),
    }
    figure.append(saves(own, part === undefined ? section.id : `${section.id}-${part}`, formats))
  }
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (section.querySelectorAll('[data-table]'))) {
    const { table: part = '', title: own = title } = place.dataset
    const table = () => (place instanceof HTMLTableElement ? place : find(place, 'table', HTMLTableElement))
    const rows = numbersOf(place)
    const csv = () => (rows === undefined ? csvOf(table()) : fileOf(rows()))
    place.after(saves(own, `${section.id}-${part}`, { csv }))
  }
}

/** @param {import('./numbers.js').Rows} rows */
function fileOf(rows) {
  return csvFile(rows.map((row) => row.map((value) => String(value ?? ''))))
}
