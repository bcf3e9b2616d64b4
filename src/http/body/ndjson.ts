import { LimitExceeded } from '../../loss/validation-errors.ts'
import type { ScanLimits } from '../../scanner/scanner.ts'
import { AtLine, Problem } from '../problem.ts'
import type { Content } from './json.ts'
import { ContentScanner, indexOfNonSpace } from './json.ts'
import type { BodyReader } from './reader.ts'

const newline = 0x0a

/** A line of the stream and its number, from 1. */
export interface Line {
  readonly number: number
  readonly content: Content
}

/**
 * Reads `application/x-ndjson`: one JSON object a line, one line in memory at a time. Blank lines are passed over.
 *
 * @param tensorNamesOf the tensors of a line; the first line holds options
 */
export async function* readLines(
  reader: BodyReader,
  tensorNamesOf: (isFirst: boolean) => readonly string[],
  limits: ScanLimits,
  maxLineBytes: number,
): AsyncGenerator<Line, void> {
  let number = 1
  let isFirst = true
  let lineBytes = 0
  let scanner: ContentScanner | undefined
  const finish = (): Line => {
    const line = { number, content: at(number, () => (scanner as ContentScanner).end()) }
    scanner = undefined
    isFirst = false
    lineBytes = 0
    reader.release()
    return line
  }
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    for (let from = 0; from < piece.length; ) {
      const found = piece.indexOf(newline, from)
      const to = found < 0 ? piece.length : found
      const part = piece.subarray(from, to)
      lineBytes += part.length
      if (lineBytes > maxLineBytes) throw new AtLine(number, lineTooLong(maxLineBytes))
      if (scanner !== undefined || indexOfNonSpace(part) >= 0) {
        scanner ??= new ContentScanner(tensorNamesOf(isFirst), limits)
        at(number, () => scanner?.write(part))
      }
      if (found >= 0) {
        if (scanner !== undefined) yield finish()
        number++
      }
      from = to + 1
    }
  }
  if (scanner !== undefined) yield finish()
  if (isFirst) throw new Problem('malformed-body', 'The body is empty; its first line holds the options.')
}

/** Runs what belongs to a line, so that an error names it. */
export function at<Result>(line: number, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw new AtLine(line, error as Error)
  }
}

function lineTooLong(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The line is longer than maxBodyBytes, ${allowed} bytes.`)
}
