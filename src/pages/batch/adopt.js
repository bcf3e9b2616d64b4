/** @import { Options } from './body.js' */
import { el, find } from '../dom.js'
import { strings } from '../strings.js'
import { shortText } from './body.js'

/**
 * A pasted request that declares options itself: on request they move into the form, so that nothing is declared twice.
 *
 * @param {HTMLFormElement} form
 * @param {HTMLTextAreaElement} text
 * @param {readonly string[]} names of the options that the form has
 * @param {(options: Options) => void} adopt
 */
export function offerDeclarations(form, text, names, adopt) {
  const place = find(form, '.batch-adopt', HTMLElement)
  const update = () => {
    const content = text.value.length < shortText ? parsed(text.value) : undefined
    const declared = Object.keys(content ?? {}).filter((name) => names.includes(name))
    place.hidden = declared.length === 0
    if (content === undefined || declared.length === 0) return
    const button = el('button', { type: 'button', class: 'quiet' }, strings.batch.adopt)
    button.addEventListener('click', () => {
      adopt(Object.fromEntries(declared.map((name) => [name, content[name]])))
      const rest = Object.entries(content).filter(([name]) => !declared.includes(name))
      text.value = JSON.stringify(Object.fromEntries(rest))
      update()
    })
    place.replaceChildren(strings.batch.declares(declared.join(', ')), button)
  }
  text.addEventListener('input', update)
  update()
}

/**
 * @param {string} json
 * @returns {Record<string, unknown> | undefined}
 */
function parsed(json) {
  try {
    const value = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}
