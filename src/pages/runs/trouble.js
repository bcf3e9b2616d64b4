import { LossmeterError } from '../api.js'
import { el } from '../dom.js'
import { strings } from '../strings.js'
import { problemParts } from '../wire.js'

/** What is wrong, and what becomes of it. @param {unknown} error */
export function troubleParts(error) {
  if (!(error instanceof LossmeterError)) return [el('p', {}, strings.runs.lost)]
  const { type, errors = [], detail: said } = error.problem
  // in another language they are said by their codes
  const details = errors
    .filter(({ code, detail }) => detail !== said && strings.problems.codes[code] === undefined)
    .map(({ detail }) => el('li', { lang: 'en' }, detail))
  return [
    ...(type.endsWith('/problems/store-unavailable') ? [el('p', {}, strings.runs.storeDown)] : []),
    ...problemParts(error.problem),
    ...(details.length === 0 ? [] : [el('ul', { class: 'errors' }, ...details)]),
  ]
}
