import { el, scrolls } from '../dom.js'
import { strings } from '../strings.js'

const words = strings.batch

/** Beyond this many classes a matrix can no longer be read. */
const mostClasses = 30

/** How often each label was decided how. @param {number[][]} confusion */
export function confusionPart(confusion) {
  const heading = el('h3', {}, words.confusionTitle)
  if (confusion.length > mostClasses) {
    return el('div', {}, heading, el('p', { class: 'note' }, words.tooManyClasses(confusion.length)))
  }
  const mostRight = Math.max(1, ...confusion.map((row, label) => row[label]))
  const mostWrong = Math.max(1, ...confusion.flatMap((row, label) => row.filter((_, decision) => decision !== label)))
  const cells = confusion.map((row, label) =>
    row.map((count, decision) => {
      const cell = el(
        'td',
        { class: label === decision ? 'right' : 'wrong', 'data-count': count },
        count === 0 ? '·' : String(count),
      )
      cell.style.setProperty('--share', String(count / (label === decision ? mostRight : mostWrong)))
      return cell
    }),
  )
  const grid = el(
    'table',
    { class: 'confusion' },
    el('caption', {}, words.confusionCaption),
    el('thead', {}, el('tr', {}, el('td'), ...confusion.map((_, at) => el('th', { scope: 'col' }, String(at))))),
    el('tbody', {}, ...cells.map((row, at) => el('tr', {}, el('th', { scope: 'row' }, String(at)), ...row))),
  )
  return el('div', {}, heading, scrolls(words.confusionLabel, grid))
}
