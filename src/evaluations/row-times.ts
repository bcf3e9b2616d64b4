import type { ErrorCode } from '../loss/error-codes.ts'
import type { ListElement } from '../loss/value-list.ts'
import { timeIn } from '../runtime/rfc3339.ts'

/** Every window of a time from here to there begins and ends in years of four digits. */
const [earliest, latest] = [Date.UTC(1970), Date.UTC(9999) - 1]
export const timeText =
  'a time from 1970 to 9998, as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970'

/** The milliseconds since 1970 of a time that a client sends, or the code of what is wrong with it. */
export function timeOf(element: ListElement): number | ErrorCode {
  const time = typeof element === 'string' ? timeIn(element) : element
  if (typeof time !== 'number') return 'wrong-type'
  if (Number.isNaN(time)) return 'malformed'
  return time >= earliest && time <= latest ? time : 'out-of-range'
}
