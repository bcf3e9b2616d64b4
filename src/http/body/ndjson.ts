import { batchTensors } from '../../loss/batch.ts'
import { weightOptions } from '../../loss/options.ts'
import { LimitExceeded } from '../../loss/validation-errors.ts'
import type { ScanLimits } from '../../scanner/scanner.ts'
import { Problem } from '../problem.ts'
import type { RequestWork } from '../request-work.ts'
import { indexOfNonSpace, JsonScanner } from './json.ts'
import type { ParsedBatch, ParsedBody } from './parsed-body.ts'
import { PlacedError, placed, placedError } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

const newline = 0x0a

/**
 * Reads `application/x-ndjson`: the options in the first line, then one batch a line; one line in memory at a time. Blank
 * lines are skipped. A body without batches has one without fields at its end, so that what is missing gets reported.
 *
 * @throws Problem, LimitExceeded
 */
export async function readNdjson(
  reader: BodyReader,
  work: RequestWork,
  limits: ScanLimits,
  maxLineBytes: number,
): Promise<ParsedBody> {
  const lines = linesOf(reader, work, limits, maxLineBytes)
  const { value: first } = await lines.next()
  if (first === undefined) throw new Problem('malformed-body', 'The body is empty; its first line holds the options.')
  return { options: first.fields, place: first.place, batches: lines, only: undefined }
}

async function* linesOf(
  reader: BodyReader,
  { task, memory }: RequestWork,
  limits: ScanLimits,
  maxLineBytes: number,
): AsyncGenerator<ParsedBatch, void> {
  let line = 1
  let count = 0
  let lineBytes = 0
  let scanner: JsonScanner | undefined
  const finish = async (ended: JsonScanner): Promise<ParsedBatch> => {
    const place = { line }
    scanner = undefined
    count++
    try {
      const { options, tensors } = await task.run(ended.end())
      return { fields: Object.assign(options, tensors), place }
    } catch (error) {
      throw placedError(place, error)
    }
  }
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    for (let from = 0; from < piece.length; ) {
      const found = piece.indexOf(newline, from)
      const part = piece.subarray(from, found < 0 ? piece.length : found)
      lineBytes += part.length
      if (lineBytes > maxLineBytes) throw new PlacedError({ line }, lineTooLong(maxLineBytes))
      if (scanner !== undefined || indexOfNonSpace(part) >= 0) {
        const names = count === 0 ? weightOptions : batchTensors
        scanner ??= new JsonScanner(names, limits, memory, 0, lineBytes - part.length)
        const begun = scanner
        placed({ line }, () => begun.write(part))
      }
      from += part.length + 1
      if (found < 0) continue
      if (scanner !== undefined) yield await finish(scanner)
      reader.endLine()
      lineBytes = 0
      line++
    }
  }
  if (scanner !== undefined) yield await finish(scanner)
  if (count === 1) yield { fields: {}, place: { line: line + 1 } }
}

function lineTooLong(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The line is longer than maxBodyBytes, ${allowed} bytes.`)
}
