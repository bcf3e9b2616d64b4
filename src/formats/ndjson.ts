import { batchTensors } from '../loss/batch.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { LineGroup } from '../scanner/lines.ts'
import { longestLine, readLineGroup } from '../scanner/lines.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import type { DecodeContext } from './context.ts'
import { isAboutContent, LocatedError, MalformedBody } from './errors.ts'
import { indexOfNonSpace, JsonDocument } from './json-document.ts'
import type { BodyLimits } from './limits.ts'
import { groupsMember } from './oip-header.ts'
import type { BatchStream, Fields, ParsedBatch, TryAll } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

const newline = 0x0a
const batchMembers: readonly string[] = [...batchTensors, groupsMember]

/** A line that holds something: its fields, or what is wrong with it. */
export type ParsedLine = { readonly line: number } & ({ readonly fields: Fields } | { readonly error: Error })

/** Reads `application/x-ndjson`: the options in the first line, then one batch a line; one line in memory at a time. */
export async function readNdjson(reader: BodyReader, context: DecodeContext, limits: BodyLimits): Promise<BatchStream> {
  const groups = new LineGroups(context.memory, limits)
  const lines = linesOf(reader, context, limits, (count) => (count === 0 ? weightOptions : batchMembers), groups)
  const { value: first } = await lines.next()
  if (first === undefined) throw new MalformedBody('The body is empty; its first line holds the options.')
  const { fields: options, location } = batchOf(first)
  const batches = (tryAll?: TryAll) => {
    groups.tryAll = tryAll
    return batchesOf(lines, first.line, groups)
  }
  return { options, location, batches }
}

/**
 * Reads `application/x-ndjson` in which each line is a body of its own: an error in one does not affect the others.
 *
 * @param members of a line that are not options
 */
export function readLines(
  reader: BodyReader,
  context: DecodeContext,
  limits: BodyLimits,
  members = batchMembers,
): AsyncGenerator<ParsedLine, void> {
  return linesOf(reader, context, limits, () => members)
}

async function* batchesOf(
  lines: AsyncIterable<ParsedLine>,
  firstLine: number,
  groups: LineGroups,
): AsyncGenerator<ParsedBatch, void> {
  let isEmpty = true
  for await (const line of lines) {
    yield batchOf(line)
    isEmpty = false
  }
  if (isEmpty && !groups.haveBeenAdded) yield { fields: {}, location: { line: firstLine + 1 } }
}

function batchOf(parsed: ParsedLine): ParsedBatch {
  const location = { line: parsed.line }
  if ('error' in parsed) throw new LocatedError(location, parsed.error)
  return { fields: parsed.fields, location }
}

async function* linesOf(
  reader: BodyReader,
  { task, memory }: DecodeContext,
  limits: BodyLimits,
  tensorsOf: (count: number) => readonly string[],
  groups?: LineGroups,
): AsyncGenerator<ParsedLine, void> {
  let line = 1
  let count = 0
  let lineBytes = 0
  let document: JsonDocument | undefined
  let isWrong = false
  const write = (part: Buffer, isLast: boolean): ParsedLine | undefined => {
    const blanks = lineBytes
    lineBytes += part.length
    if (isWrong) return undefined
    try {
      if (lineBytes > limits.maxBodyBytes) throw lineTooLong(limits.maxBodyBytes)
      if (document === undefined && indexOfNonSpace(part) < 0) return undefined
      document ??= new JsonDocument(tensorsOf(count), limits, memory, 0, { what: 'line', blanks })
      document.write(part, isLast)
      return undefined
    } catch (thrown) {
      isWrong = true
      count++
      document?.discard()
      return { line, error: lineError(thrown) }
    }
  }
  const end = (): ParsedLine | Promise<ParsedLine> | undefined => {
    const [at, ended] = [line, isWrong ? undefined : document]
    document = undefined
    isWrong = false
    lineBytes = 0
    line++
    if (ended === undefined) return undefined
    count++
    return parsedLine(ended, at, task)
  }
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    for (let from = 0; from < piece.length; ) {
      if (lineBytes === 0 && isSpace(piece[from])) {
        const blank = blankLines(piece, from)
        line += blank.lines
        from += blank.bytes
        if (blank.lines > 0) reader.endLine()
        if (from === piece.length) break
      }
      const found = piece.indexOf(newline, from)
      const group = found >= 0 && count > 0 && lineBytes === 0 ? groups?.next(piece, from) : undefined
      if (group !== undefined && (await groups?.add(group))) {
        from += group.bytes
        line += group.lines
        count += group.lines
        reader.endLine()
        continue
      }
      const part = piece.subarray(from, found < 0 ? piece.length : found)
      const wrong = write(part, found >= 0)
      if (wrong !== undefined) yield wrong
      from += part.length + 1
      if (found < 0) continue
      const ended = end()
      const parsed = ended === undefined ? undefined : await ended
      if (parsed !== undefined) yield parsed
      reader.endLine()
      // fields are evaluated in steps; what is wrong was read in one
      if ((parsed === undefined || 'error' in parsed) && task.isDue) await task.pause()
    }
  }
  const last = end()
  if (last !== undefined) yield await last
}

/** The lines at this place that hold nothing, and their bytes. */
function blankLines(piece: Buffer, from: number): { readonly lines: number; readonly bytes: number } {
  let lines = 0
  let behind = from
  for (let at = from; at < piece.length && isSpace(piece[at]); at++) {
    if (piece[at] !== newline) continue
    lines++
    behind = at + 1
  }
  return { lines, bytes: behind - from }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === newline || byte === 0x0d || byte === 0x09
}

const worthwhile = 4

class LineGroups {
  tryAll: TryAll | undefined
  haveBeenAdded = false
  readonly #memory: Memory
  #isLineByLine: boolean
  #single = 0

  constructor(memory: Memory, { maxBodyBytes, maxElements, maxRows, maxColumns, maxNumberLength }: BodyLimits) {
    this.#memory = memory
    // groups are not checked against limits: they fit into one slice of the scanner
    this.#isLineByLine = Math.min(maxBodyBytes, maxElements, maxRows, maxColumns, maxNumberLength) < longestLine
  }

  next(piece: Buffer, from: number): LineGroup | undefined {
    if (this.tryAll === undefined || this.#isLineByLine || this.#single-- > 0) return undefined
    const group = readLineGroup(piece.subarray(from), this.#memory)
    this.#single = group === undefined || group.lines < worthwhile ? worthwhile : 0
    return group
  }

  async add({ predictions, labels, isOfSingles }: LineGroup): Promise<boolean> {
    const isAdded = await this.tryAll?.({ fields: { predictions, labels }, location: {}, isOfSingles })
    this.haveBeenAdded ||= isAdded === true
    this.#isLineByLine = !isAdded
    return isAdded === true
  }
}

function parsedLine(document: JsonDocument, line: number, task: Task): ParsedLine | Promise<ParsedLine> {
  const fieldsOf = ({ options, tensors, groups, lists }: ScannedDocument) => ({
    line,
    fields: Object.assign(options, tensors, groups && { groups }, lists),
  })
  const wrong = (thrown: unknown) => {
    document.discard()
    return { line, error: lineError(thrown) }
  }
  try {
    const steps = document.end()
    const step = steps.next()
    return step.done ? fieldsOf(step.value) : task.run(steps).then(fieldsOf, wrong)
  } catch (thrown) {
    return wrong(thrown)
  }
}

function lineError(thrown: unknown): Error {
  if (!isAboutContent(thrown)) throw thrown
  return thrown
}

function lineTooLong(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The line is longer than maxBodyBytes, ${allowed} bytes.`)
}
