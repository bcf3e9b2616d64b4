/** @import { Options } from './body.js' */

/** The options of these names that a link carries. @param {readonly string[]} names */
export function optionsOfAddress(names) {
  const query = new URLSearchParams(location.search)
  /** @type {Options} */
  const options = {}
  for (const name of names) {
    if (query.has(name)) options[name] = name === 'include' ? query.get(name)?.split(',') : query.get(name)
  }
  return options
}

/** A link that restores the options. @param {Options} options */
export function addressWith(options) {
  const query = new URLSearchParams()
  // what the address says of the language and of other pictures, see keepState, stays
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name === 'lang' || name.includes('.')) query.set(name, value)
  }
  for (const [name, value] of Object.entries(options)) query.set(name, String(value))
  return `${location.origin}${location.pathname}?${query}#batch`
}

/** Makes the page's own address that link. @param {Options} options */
export function keepInAddress(options) {
  history.replaceState(null, '', addressWith(options))
}
