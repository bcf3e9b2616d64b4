import type { ErrorCode } from '../loss/error-codes.ts'
import type { ListElement } from '../loss/value-list.ts'

/** RFC 3339. */
const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/
const [earliest, latest] = [Date.UTC(1970), Date.UTC(10_000) - 1]

export const timeNeeds = 'a time as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970'

/** The milliseconds since 1970 of a time that a client sends, or the code of what is wrong with it. */
export function timeOf(element: ListElement): number | ErrorCode {
  const time = typeof element === 'string' ? parsed(element) : element
  if (typeof time !== 'number') return typeof element === 'string' ? 'malformed' : 'wrong-type'
  return time >= earliest && time <= latest ? time : 'out-of-range'
}

function parsed(text: string): number | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day] = match.slice(1).map(Number)
  // Date takes the 30th of February for the 2nd of March
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined
  const time = Date.parse(text.toUpperCase())
  return Number.isNaN(time) ? undefined : Math.floor(time)
}
