/** @import { Problem } from '../types.d.ts' */
/** @import { Options } from './body.js' */

/**
 * The declarations that an error names as those that would fit, each once.
 *
 * @param {Problem} problem
 * @returns {{ name: string, value: string }[]}
 */
export function fittingDeclarations({ detail, errors = [] }) {
  /** @type {Map<string, { name: string, value: string }>} */
  const found = new Map()
  for (const said of [detail, ...errors.map((error) => error.detail)]) {
    for (const [, name, value] of said.matchAll(/(?:is|are) declared with (\w+)(?: "|=)([\w-]+)/g)) {
      found.set(name, { name, value })
    }
  }
  return [...found.values()]
}

/**
 * The part of the answer that cannot be given.
 *
 * @param {Problem} problem
 * @param {Options} options
 * @returns {string | undefined}
 */
export function partRefused({ pointer, errors = [] }, { include }) {
  const [at] = [pointer, ...errors.map((error) => error.pointer)].flatMap(
    (place) => /^#\/include\/(\d+)$/.exec(place ?? '')?.[1] ?? [],
  )
  return at !== undefined && Array.isArray(include) ? include[Number(at)] : undefined
}
