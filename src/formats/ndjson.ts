import type { Limits } from '../http/limits.ts'
import { isAboutContent, Problem } from '../http/problem.ts'
import type { RequestContext } from '../http/request-context.ts'
import { batchTensors } from '../loss/batch.ts'
import type { Memory } from '../loss/memory.ts'
import { weightOptions } from '../loss/options.ts'
import { LimitExceeded } from '../loss/validation-errors.ts'
import type { Task } from '../runtime/scheduler.ts'
import type { Run } from '../scanner/lines.ts'
import { longestLine, readRun } from '../scanner/lines.ts'
import type { ScanLimits, ScannedDocument } from '../scanner/scanner.ts'
import { indexOfNonSpace, JsonScanner } from './json.ts'
import type { BatchStream, Fields, LineRun, ParsedBatch } from './parsed-body.ts'
import { PlacedError } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'

const newline = 0x0a

/** A line that holds something: its fields, or what is wrong with it. */
export type ParsedLine = { readonly line: number; readonly run?: LineRun } & (
  | { readonly fields: Fields }
  | { readonly error: Error }
)

/**
 * Reads `application/x-ndjson`: the options in the first line, then one batch a line; one line in memory at a time. Blank
 * lines are skipped. A body without batches has one without fields at its end, so that what is missing gets reported.
 *
 * @throws Problem, LimitExceeded
 */
export async function readNdjson(reader: BodyReader, work: RequestContext, limits: Limits): Promise<BatchStream> {
  const runs = new Runs(work.memory, limits)
  const batches = batchesOf(
    linesOf(reader, work, limits, (count) => (count === 0 ? weightOptions : batchTensors), runs),
  )
  const { value: first } = await batches.next()
  if (first === undefined) throw new Problem('malformed-body', 'The body is empty; its first line holds the options.')
  return { options: first.fields, place: first.place, batches }
}

/** Reads `application/x-ndjson` of which each line stands alone: what is wrong with one is no matter to the others. */
export function readLines(reader: BodyReader, work: RequestContext, limits: Limits): AsyncGenerator<ParsedLine, void> {
  return linesOf(reader, work, limits, () => batchTensors)
}

async function* batchesOf(lines: AsyncIterable<ParsedLine>): AsyncGenerator<ParsedBatch, void> {
  let count = 0
  let line = 0
  for await (const parsed of lines) {
    line = parsed.line
    if ('error' in parsed) throw new PlacedError({ line }, parsed.error)
    const { fields, run } = parsed
    yield run === undefined ? { fields, place: { line } } : { fields, place: {}, run }
    count++
  }
  if (count === 1) yield { fields: {}, place: { line: line + 1 } }
}

async function* linesOf(
  reader: BodyReader,
  { task, memory }: RequestContext,
  limits: Limits,
  tensorsOf: (count: number) => readonly string[],
  runs?: Runs,
): AsyncGenerator<ParsedLine, void> {
  let line = 1
  let count = 0
  let lineBytes = 0
  let scanner: JsonScanner | undefined
  let isWrong = false
  /** What is wrong with the line as soon as it is seen; what follows in it is passed over. */
  const write = (part: Buffer): ParsedLine | undefined => {
    const blanks = lineBytes
    lineBytes += part.length
    if (isWrong) return undefined
    try {
      if (lineBytes > limits.maxBodyBytes) throw lineTooLong(limits.maxBodyBytes)
      if (scanner === undefined && indexOfNonSpace(part) < 0) return undefined
      scanner ??= new JsonScanner(tensorsOf(count), limits, memory, 0, blanks)
      scanner.write(part)
      return undefined
    } catch (thrown) {
      isWrong = true
      count++
      scanner?.discard()
      return { line, error: lineError(thrown) }
    }
  }
  const end = (): ParsedLine | Promise<ParsedLine> | undefined => {
    const [at, ended] = [line, isWrong ? undefined : scanner]
    scanner = undefined
    isWrong = false
    lineBytes = 0
    line++
    if (ended === undefined) return undefined
    count++
    return parsedLine(ended, at, task)
  }
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) {
    for (let from = 0; from < piece.length; ) {
      const found = piece.indexOf(newline, from)
      const run = found >= 0 && count > 0 && lineBytes === 0 ? runs?.next(piece, from) : undefined
      if (run !== undefined) {
        const { predictions, labels, lines, bytes } = run
        yield { line, fields: { predictions, labels }, run: runs as Runs }
        if (!runs?.isApart) {
          from += bytes
          line += lines
          count += lines
          reader.endLine()
          continue
        }
      }
      const part = piece.subarray(from, found < 0 ? piece.length : found)
      const wrong = write(part)
      if (wrong !== undefined) yield wrong
      from += part.length + 1
      if (found < 0) continue
      const ended = end()
      if (ended !== undefined) yield await ended
      reader.endLine()
    }
  }
  const last = end()
  if (last !== undefined) yield await last
}

/** Fewer lines are not worth being read together; after those, as many come one by one. */
const worthwhile = 4

/** Reads lines that are alike together, as far as that is worthwhile. */
class Runs implements LineRun {
  isOfSingles = false
  isApart: boolean
  readonly #memory: Memory
  /** Lines to come one by one. */
  #single = 0

  constructor(memory: Memory, limits: ScanLimits & Pick<Limits, 'maxBodyBytes'>) {
    this.#memory = memory
    // what has room in a slice is within every limit then
    const { maxBodyBytes, maxElements, maxRows, maxColumns, maxNumberLength } = limits
    this.isApart = Math.min(maxBodyBytes, maxElements, maxRows, maxColumns, maxNumberLength) < longestLine
  }

  takeApart(): void {
    this.isApart = true
  }

  /** The lines that begin at a place of the piece, where a line ends. */
  next(piece: Buffer, from: number): Run | undefined {
    if (this.isApart || this.#single-- > 0) return undefined
    const run = readRun(piece.subarray(from), this.#memory)
    this.#single = run === undefined || run.lines < worthwhile ? worthwhile : 0
    if (run !== undefined) this.isOfSingles = run.isOfSingles
    return run
  }
}

/** Most lines are read in one step. */
function parsedLine(scanner: JsonScanner, line: number, task: Task): ParsedLine | Promise<ParsedLine> {
  const fieldsOf = ({ options, tensors }: ScannedDocument) => ({ line, fields: Object.assign(options, tensors) })
  const wrong = (thrown: unknown) => {
    scanner.discard()
    return { line, error: lineError(thrown) }
  }
  try {
    const steps = scanner.end()
    const step = steps.next()
    return step.done ? fieldsOf(step.value) : task.run(steps).then(fieldsOf, wrong)
  } catch (thrown) {
    return wrong(thrown)
  }
}

/** What is the matter with a line alone; anything else is thrown on. */
function lineError(thrown: unknown): Error {
  if (!isAboutContent(thrown)) throw thrown
  return thrown
}

function lineTooLong(allowed: number): LimitExceeded {
  return new LimitExceeded('maxBodyBytes', allowed, [], `The line is longer than maxBodyBytes, ${allowed} bytes.`)
}
