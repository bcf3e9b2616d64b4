/** @import { Body } from './body.js' */
import { basePath } from '../api.js'
import { copies, find, listing } from '../dom.js'
import { curl, python } from './snippets.js'

/**
 * Shows the commands that send the same body.
 *
 * @param {HTMLElement} section
 * @param {Body} body
 */
export function showCode(section, body) {
  const place = find(section, '.batch-code', HTMLElement)
  const url = new URL(`${basePath}/v1/loss`, location.href).href
  const texts = { curl: curl(url, body), python: python(url, body) }
  place.hidden = false
  for (const [name, text] of Object.entries(texts)) {
    find(place, `.batch-${name}`, HTMLElement).replaceChildren(listing(name, text))
  }
  if (place.dataset.copies) return
  place.dataset.copies = 'true'
  for (const name of Object.keys(texts)) {
    const code = find(place, `.batch-${name}`, HTMLElement)
    copies(find(place, `[data-copies=${name}]`, HTMLButtonElement), () => code.textContent)
  }
}
