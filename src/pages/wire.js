/** @import { Exchange } from './types.d.ts' */
import { answerOf, LossmeterError, post } from './api.js'
import { el, find, listing } from './dom.js'
import { strings } from './strings.js'

const words = strings.common

/**
 * A section's line to the service: `ask` shows each exchange under "On the wire" and an error where the section has its
 * place for trouble.
 *
 * @param {HTMLElement} section
 */
export function connect(section) {
  const details = find(section, '.wire', HTMLDetailsElement)
  const trouble = find(section, '.trouble', HTMLElement)
  /** @type {Exchange | undefined} */
  let last

  const write = () => {
    if (last === undefined || !details.open) return
    details.replaceChildren(find(details, 'summary', HTMLElement), ...rawParts(last))
  }
  details.addEventListener('toggle', write)

  /** @param {Exchange} exchange */
  const show = (exchange) => {
    last = exchange
    const { method, path, status, milliseconds } = exchange
    find(details, 'summary', HTMLElement).textContent = words.wire(
      `${method} ${path}`,
      status,
      Math.max(1, Math.round(milliseconds)),
    )
    details.dataset.filled = 'true'
    write()
  }

  /**
   * @template T
   * @param {string} path
   * @param {object | string} body
   * @param {AbortSignal} [signal]
   * @returns {Promise<T>}
   */
  const ask = async (path, body, signal) => {
    const exchange = await post(path, body, signal)
    show(exchange)
    return answerOf(exchange)
  }

  /**
   * Runs an update of the section; what goes wrong is shown.
   *
   * @param {() => Promise<void>} update
   * @param {() => unknown} again what the button to try again does
   */
  const attempt = async (update, again = () => attempt(update)) => {
    try {
      await update()
      trouble.replaceChildren()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      if (error instanceof LossmeterError) trouble.replaceChildren(...problemParts(error.problem))
      else showTrouble(section, error, again)
    }
  }
  return { ask, attempt, show }
}

/**
 * Shows what went wrong, with a button that tries again.
 *
 * @param {HTMLElement} section
 * @param {unknown} error
 * @param {() => unknown} again
 */
export function showTrouble(section, error, again) {
  const button = el('button', { type: 'button', class: 'quiet again' }, words.again)
  button.addEventListener('click', () => {
    button.disabled = true
    again()
  })
  const text = words.trouble(error instanceof Error ? error.message : String(error))
  const place = find(section, '.trouble', HTMLElement)
  place.replaceChildren(el('p', {}, text), button)
  // a reader who asked for something here sees the result
  if (section.contains(document.activeElement)) place.scrollIntoView({ block: 'nearest', behavior: 'instant' })
}

/** @typedef {{ pointer: string, code: string, remedies?: readonly object[] | undefined }} ErrorAt */

/**
 * The error of the service: in its own words, or in another language by what does not depend on them, its type, and the code,
 * the place and the remedies of each error.
 *
 * @param {{ type: string, title: string, status: number, detail: string, errors?: readonly ErrorAt[] | undefined }} problem
 */
export function problemParts({ type, title, status, detail, errors = [] }) {
  const own = strings.problems.types[type.slice(type.lastIndexOf('/') + 1)]
  const link = el('a', { href: type }, type)
  const english = el('p', { class: 'problem-detail', lang: 'en' }, detail)
  if (own === undefined)
    return [el('p', { class: 'problem-title', lang: 'en' }, el('strong', {}, `${status} ${title}`), ' ', link), english]
  const places = new Map(errors.map(({ pointer, code }) => [`${pointer.split('/')[1]} ${code}`, { pointer, code }]))
  const said = Array.from(places.values(), ({ pointer, code }) =>
    el('p', {}, el('code', {}, pointer), ' ', ...coded(strings.problems.codes[code] ?? code)),
  )
  const fitting = new Set(errors.flatMap(({ remedies = [] }) => remedies.map(inWords)))
  return [
    el('p', { class: 'problem-title' }, el('strong', {}, `${status} ${own.title}`), ' ', link),
    ...(said.length === 0 ? [el('p', {}, ...coded(own.meaning))] : said),
    ...Array.from(fitting, (change) => el('p', {}, strings.plain.fits(change))),
    el('details', {}, el('summary', {}, strings.plain.own), english),
  ]
}

/** A change of the request, as its fields. @param {object} remedy */
function inWords(remedy) {
  return Object.entries(remedy)
    .map(([kind, fields]) => JSON.stringify(kind === 'set' ? fields : { [kind]: fields }))
    .join(', ')
}

/** A sentence in which code stands between backticks. @param {string} text */
function coded(text) {
  return text.split('`').map((part, at) => (at % 2 === 0 ? part : el('code', {}, part)))
}

/** @param {Exchange} exchange */
function rawParts({ request, answer }) {
  /** @type {(Node | string)[]} */
  const parts = []
  if (request !== '') parts.push(el('h3', {}, words.request), listing(words.request, brief(request)))
  parts.push(el('h3', {}, words.answer), listing(words.answer, brief(JSON.stringify(answer))))
  return parts
}

/**
 * JSON for reading: long lists are cut.
 *
 * @param {string} json
 */
function brief(json) {
  try {
    return written(JSON.parse(json), '')
  } catch {
    return json.length > 2000 ? `${json.slice(0, 2000)}…` : json
  }
}

/**
 * @param {unknown} value
 * @param {string} indent
 * @returns {string}
 */
function written(value, indent) {
  const deeper = `${indent}  `
  if (Array.isArray(value)) {
    const kept = value.slice(0, 12).map((item) => written(item, deeper))
    if (value.length > 12) kept.push(words.more(value.length - 12))
    return kept.some((item) => item.includes('\n') || item.length > 24)
      ? `[\n${deeper}${kept.slice(0, 4).join(`,\n${deeper}`)}${value.length > 4 ? `,\n${deeper}${words.more(value.length - 4)}` : ''}\n${indent}]`
      : `[${kept.join(', ')}]`
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${written(item, deeper)}`)
    const line = `{ ${members.join(', ')} }`
    if (line.length < 80 && !line.includes('\n')) return line
    return `{\n${members.map((member) => deeper + member).join(',\n')}\n${indent}}`
  }
  return JSON.stringify(value)
}
