/** @import { Verdict } from '../types.d.ts' */
import { el } from '../dom.js'
import { strings } from '../strings.js'

const words = strings.batch

/** Whether an answer is as required, in one line, and why. @param {Verdict} verdict */
export function verdictPart({ result, requirements }) {
  return el(
    'div',
    { class: 'batch-verdict', 'data-result': result },
    el('p', {}, el('strong', {}, words.verdicts[result])),
    el('ul', { lang: 'en' }, ...requirements.map(({ result, detail }) => el('li', { 'data-result': result }, detail))),
  )
}
