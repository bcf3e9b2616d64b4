import type { ErrorCode } from '../loss/error-codes.ts'
import type { ListElement } from '../loss/value-list.ts'
import { timeIn } from './rfc3339.ts'

const [earliest, latest] = [Date.UTC(1970), Date.UTC(10_000) - 1]

export const timeNeeds = 'a time as RFC 3339, such as 2026-12-01T09:30:00Z, or as milliseconds since 1970'

/** The milliseconds since 1970 of a time that a client sends, or the code of what is wrong with it. */
export function timeOf(element: ListElement): number | ErrorCode {
  const time = typeof element === 'string' ? timeIn(element) : element
  if (typeof time !== 'number') return 'wrong-type'
  if (Number.isNaN(time)) return 'malformed'
  return time >= earliest && time <= latest ? time : 'out-of-range'
}
