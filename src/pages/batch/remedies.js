/** @import { Problem } from '../types.d.ts' */
/** @import { Options } from './body.js' */

/**
 * The changes of options, each of which makes the request right by itself; those of the data are left to the person.
 *
 * @param {Problem} problem
 * @returns {Options[]}
 */
export function remediesOf({ errors = [] }) {
  return errors.flatMap(({ remedies = [] }) =>
    remedies.flatMap(({ set, ...others }) => (set === undefined || Object.keys(others).length > 0 ? [] : [set])),
  )
}

/**
 * Whether a CSV file has a row of names that was not declared.
 *
 * @param {Problem} problem
 */
export function hasHeader({ errors = [] }) {
  return errors.some(({ code }) => code === 'header')
}

/**
 * The part of the answer that cannot be given, where no remedy says it.
 *
 * @param {Problem} problem
 * @param {Options} options
 * @returns {string | undefined}
 */
export function partRefused({ pointer, errors = [] }, { include }) {
  const places = errors.map((error) => (error.code === 'not-available' && !error.remedies ? error.pointer : undefined))
  const [at] = [pointer, ...places].flatMap((place) => /^#\/include\/(\d+)$/.exec(place ?? '')?.[1] ?? [])
  return at !== undefined && Array.isArray(include) ? include[Number(at)] : undefined
}
