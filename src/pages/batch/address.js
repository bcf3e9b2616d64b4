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

/**
 * A link that restores the options, and what else the address says.
 *
 * @param {Options} options
 * @param {readonly string[]} names of all options, those left out included
 */
export function addressWith(options, names) {
  const address = new URL(location.href)
  for (const name of names) address.searchParams.delete(name)
  for (const [name, value] of Object.entries(options)) address.searchParams.set(name, String(value))
  address.hash = 'batch'
  return address.href
}

/**
 * Makes the page's own address that link.
 *
 * @param {Options} options
 * @param {readonly string[]} names
 */
export function keepInAddress(options, names) {
  history.replaceState(null, '', addressWith(options, names))
}

/** What the address says of how something is shown. @param {string} name */
export function stateOf(name) {
  return new URLSearchParams(location.search).get(name)
}

/**
 * Puts into the address how something is shown; an empty value takes it out.
 *
 * @param {string} name
 * @param {string} value
 */
export function keepState(name, value) {
  const address = new URL(location.href)
  if (value === '') address.searchParams.delete(name)
  else address.searchParams.set(name, value)
  history.replaceState(null, '', address)
}
