const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/

/** Every window of a time from here to there begins and ends in years of four digits. */
export const [earliest, latest] = [Date.UTC(1970), Date.UTC(9999) - 1]
export const timeText =
  'a time from 1970 to 9998, as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970'

/** The milliseconds since 1970 of a time as RFC 3339 has it, rounded down; NaN for any other text. */
export function timeIn(text: string): number {
  const match = rfc3339.exec(text)
  if (match === null) return Number.NaN
  const [year, month, day] = match.slice(1).map(Number)
  // Date takes the 30th of February for a day of March
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return Number.NaN
  return Math.floor(Date.parse(text.toUpperCase()))
}
