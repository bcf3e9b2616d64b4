/** @import { Exchange, Problem } from './types.d.ts' */
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

/**
 * The error of the service in its own words.
 *
 * @param {Pick<Problem, 'type' | 'title' | 'status' | 'detail'>} problem
 */
export function problemParts({ type, title, status, detail }) {
  return [
    el(
      'p',
      { class: 'problem-title', lang: 'en' },
      el('strong', {}, `${status} ${title}`),
      ' ',
      el('a', { href: type }, type),
    ),
    el('p', { class: 'problem-detail', lang: 'en' }, detail),
  ]
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
