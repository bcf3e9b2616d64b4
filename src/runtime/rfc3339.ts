const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

/** The milliseconds since 1970 of a time as RFC 3339 has it, rounded down; NaN for any other text. */
export function timeIn(text: string): number {
  const match = rfc3339.exec(text)
  if (match === null) return Number.NaN
  const [year, month, day] = match.slice(1).map(Number)
  // Date takes the 30th of February for a day of March
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return Number.NaN
  return Math.floor(Date.parse(text.toUpperCase()))
}
