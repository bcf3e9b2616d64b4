const inWords = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: 'narrow' })

/** How long ago something was, in the largest unit of which there is at least one. @param {string} time */
export function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000))
  for (const [unit, length] of /** @type {const} */ ([
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ])) {
    if (seconds >= length) return inWords.format(-Math.floor(seconds / length), unit)
  }
  return inWords.format(-seconds, 'second')
}
