/** @import { ContentError, Problem } from '../types.d.ts' */
/** @import { Body, Options } from './body.js' */
import { el, listing } from '../dom.js'
import { around, excerpt } from '../mark.js'
import { strings } from '../strings.js'
import { problemParts } from '../wire.js'
import { hasHeader, partRefused, remediesOf } from './remedies.js'
import { rowsOf } from './rows.js'
import { lineAndColumn, syntaxHint } from './syntax.js'

const words = strings.batch

/**
 * The service's error: what would mend it as buttons, equal errors together, each group's first element marked in what the
 * person gave.
 *
 * @param {Problem} problem
 * @param {Body} body
 * @param {Options} options that were sent
 * @param {(changes: Options) => void} again puts options into the form and evaluates once more
 */
export async function errorParts(problem, body, options, again) {
  const { errors = [], errorCount: count = errors.length, line, offset } = problem
  const text = line === undefined ? textOf(body) : await lineOf(/** @type {Blob} */ (body.content), line)
  const groups = await Promise.all(
    grouped(errors).map((group) => part(group, body, text, problem.detail.endsWith(group[0].detail))),
  )
  return [
    ...problemParts(problem),
    ...remedies(problem, body, options, again),
    ...(offset === undefined ? [] : await syntax(text ?? '', offset - (line === undefined ? body.added.bytes : 0))),
    ...(line === undefined ? [] : [el('p', { class: 'note' }, words.fileLine(body.name, line - body.added.lines))]),
    ...(groups.length === 0 ? [] : [el('ol', { class: 'errors' }, ...groups)]),
    ...(count > errors.length ? [el('p', { class: 'note' }, words.moreErrors(count - errors.length))] : []),
  ]
}

/** @param {Body} body */
function textOf({ source }) {
  return source !== undefined && 'text' in source ? source.text : undefined
}

/**
 * @param {Problem} problem
 * @param {Body} body
 * @param {Options} options
 * @param {(changes: Options) => void} again
 */
function remedies(problem, { recipe }, options, again) {
  const header = recipe.kind === 'multipart' && !recipe.csvHeader && hasHeader(problem) ? [{ csvHeader: true }] : []
  const buttons = [...remediesOf(problem), ...header].map((changes) => remedy(labelOf(changes), () => again(changes)))
  const refused = partRefused(problem, options)
  if (refused !== undefined) {
    const include = /** @type {string[]} */ (options.include).filter((name) => name !== refused)
    buttons.push(remedy(words.without(refused), () => again({ include })))
  }
  return buttons.length === 0 ? [] : [el('p', { class: 'remedies' }, ...buttons)]
}

/** @param {Options} changes */
function labelOf(changes) {
  const [[name, value], ...more] = Object.entries(changes)
  const said = more.map(([other, of]) => `, ${other} ${textOfValue(of)}`)
  return words.redeclare(name, textOfValue(value) + said.join(''))
}

/** @param {unknown} value */
function textOfValue(value) {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/**
 * @param {string} label
 * @param {() => void} apply
 */
function remedy(label, apply) {
  const button = el('button', { type: 'button' }, label)
  button.addEventListener('click', apply)
  return button
}

/**
 * Where a text stops being JSON, counted in what the person gave.
 *
 * @param {string} text
 * @param {number} offset in bytes
 */
async function syntax(text, offset) {
  const blob = new Blob([text])
  const byte = Math.max(0, offset)
  const at = (await blob.slice(0, byte).text()).length
  const { line, column } = lineAndColumn(text, at)
  const hint = syntaxHint(text, at)
  return [
    el('p', {}, words.brokenAt(line, column)),
    listing(words.brokenAt(line, column), await around(blob, byte)),
    ...(hint === undefined ? [] : [el('p', { class: 'hint' }, hint)]),
  ]
}

/**
 * Errors that say the same of several places, together in the order of the first ones.
 *
 * @param {ContentError[]} errors
 */
function grouped(errors) {
  return [...Map.groupBy(errors, ({ code, pointer }) => `${pointer.split('/')[1]}: ${code}`).values()]
}

/**
 * @param {ContentError[]} group
 * @param {Body} body
 * @param {string | undefined} text
 * @param {boolean} isSaid whether the problem says it already
 */
async function part([first, ...others], body, text, isSaid) {
  const { pointer, code, detail, received } = first
  const marked = text === undefined ? await element(pointer, body) : excerpt(text, pointer)
  return el(
    'li',
    {},
    el('code', { class: 'pointer' }, pointer),
    ...(isSaid || strings.problems.codes[code] !== undefined ? [] : [el('p', { lang: 'en' }, detail)]),
    ...(marked === undefined
      ? [el('p', { class: 'note' }, words.received, el('mark', {}, JSON.stringify(received)))]
      : [listing(words.aroundPlace(pointer), marked)]),
    ...(others.length === 0 ? [] : [alike(others)]),
  )
}

/** @param {ContentError[]} errors */
function alike(errors) {
  return el(
    'details',
    { class: 'alike' },
    el('summary', {}, words.alike(errors.length)),
    el(
      'ul',
      {},
      ...errors.map(({ pointer, received }) =>
        el('li', {}, el('code', {}, pointer), ' ', el('mark', {}, JSON.stringify(received))),
      ),
    ),
  )
}

/**
 * The row of a file that a pointer names, its offending element marked.
 *
 * @param {string} pointer
 * @param {Body} body
 */
async function element(pointer, { source }) {
  const [, name, row, column = '0'] = /^#\/(predictions|labels)\/(\d+)(?:\/(\d+))?$/.exec(pointer) ?? []
  if (source === undefined || 'text' in source || (name !== 'predictions' && name !== 'labels')) return undefined
  const [elements] = await rowsOf(source, name, [Number(row)])
  if (elements.length === 0) return undefined
  const at = Number(column)
  const from = Math.max(0, at - 4)
  return el(
    'code',
    {},
    words.fileRow(source.files[name].file.name, row),
    ...elements
      .slice(from, at + 5)
      .flatMap((value, place) => [place > 0 ? ', ' : '', place + from === at ? el('mark', {}, value) : value]),
  )
}

/**
 * A line of an NDJSON body as it was sent, the options being line 1.
 *
 * @param {Blob} blob
 * @param {number} line
 */
async function lineOf(blob, line) {
  return (await blob.text()).split('\n', line)[line - 1]
}
