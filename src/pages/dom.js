import { strings } from './strings.js'

/**
 * The element that a selector names.
 *
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector)
  if (!(element instanceof type)) throw new Error(`the page has no ${type.name} ${selector}`)
  return element
}

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean>} attributes `false` leaves one out
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  setAttributes(element, attributes)
  element.append(...children)
  return element
}

/**
 * A new SVG element.
 *
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean>} attributes
 * @param {(Node | string)[]} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  setAttributes(element, attributes)
  element.append(...children)
  return element
}

/**
 * @param {Element} element
 * @param {Record<string, string | number | boolean>} attributes
 */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? '' : String(value))
  }
}

/**
 * A number as people read it, with the exact double as its value and its title.
 *
 * @param {number | null | undefined} value
 * @param {{ digits?: number, missing?: string }} options
 */
export function number(value, { digits = 6, missing = strings.common.none } = {}) {
  if (value === null || value === undefined) return el('data', { value: '' }, missing)
  return el('data', { value, title: String(value) }, text(value, digits))
}

/**
 * @param {number} value
 * @param {number} digits
 */
export function text(value, digits = 6) {
  return String(Number(value.toPrecision(digits))).replace('-', '\u2212')
}

/** @param {number} share of 1 */
export function percent(share, digits = 1) {
  return `${Number((100 * share).toFixed(digits))} %`
}

/**
 * A share as people read it, with the exact double as its value and its title.
 *
 * @param {number | null} value of 1
 */
export function share(value) {
  if (value === null) return number(value)
  return el('data', { value, title: String(value) }, percent(value))
}

/**
 * A table with a caption.
 *
 * @param {string} caption
 * @param {string[]} columns
 * @param {(Node | string)[][]} rows the first cell is the header of its row
 */
export function table(caption, columns, rows) {
  return el(
    'table',
    {},
    el('caption', {}, caption),
    el('thead', {}, el('tr', {}, ...columns.map((column) => el('th', { scope: 'col' }, column)))),
    el(
      'tbody',
      {},
      ...rows.map(([first, ...others]) =>
        el('tr', {}, el('th', { scope: 'row' }, first), ...others.map((cell) => el('td', {}, cell))),
      ),
    ),
  )
}

/**
 * A place that scrolls when its content is too large, also with the keyboard.
 *
 * @param {string} label
 * @param {Node} content
 */
export function scrolls(label, content) {
  return el('div', { class: 'scrolls', tabindex: 0, role: 'group', 'aria-label': label }, content)
}

/**
 * Code that scrolls.
 *
 * @param {string} label
 * @param {string | HTMLElement} content a text, or a code element
 */
export function listing(label, content) {
  const code = typeof content === 'string' ? el('code', {}, content) : content
  return el('pre', { tabindex: 0, role: 'group', 'aria-label': label }, code)
}

/**
 * Copies a text, and says so on the button.
 *
 * @param {HTMLButtonElement} button
 * @param {() => string} content
 */
export function copies(button, content) {
  const label = button.textContent
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(content())
      button.textContent = strings.common.copied
    } catch {
      button.textContent = strings.common.copyRefused
    }
    setTimeout(() => {
      button.textContent = label
    }, 2000)
  })
}
