import type { ErrorCode } from '../loss/error-codes.ts'
import type { ListElement } from '../loss/value-list.ts'
import { earliest, latest, timeIn } from './rfc3339.ts'

/** The milliseconds since 1970 of a time that a client sends, or the code of what is wrong with it. */
export function timeOf(element: ListElement): number | ErrorCode {
  const time = typeof element === 'string' ? timeIn(element) : element
  if (typeof time !== 'number') return 'wrong-type'
  if (Number.isNaN(time)) return 'malformed'
  return time >= earliest && time <= latest ? time : 'out-of-range'
}
