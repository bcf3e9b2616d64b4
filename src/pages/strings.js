/** @import { Strings } from './strings/en.js' */

// the pages say their language; tests outside of a browser read English
const language = globalThis.document?.documentElement.lang ?? 'en'

/** What the page says, in its language. */
export const { strings } = /** @type {{ strings: Strings }} */ (await import(`./strings/${language}.js`))
