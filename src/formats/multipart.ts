import type { BusboyFileStream, BusboyInstance } from '@fastify/busboy'
import { Busboy } from '@fastify/busboy'
import { batchTensors } from '../loss/batch.ts'
import type { GroupColumns } from '../loss/groups/columns.ts'
import { weightOptions } from '../loss/options.ts'
import type { Tensor } from '../loss/tensor.ts'
import { isTensor } from '../loss/tensor.ts'
import { LimitExceeded, refuse } from '../loss/validation-errors.ts'
import type { ValueList } from '../loss/value-list.ts'
import { quoted } from '../loss/words.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import type { DecodeContext } from './context.ts'
import { CsvReader } from './csv.ts'
import { CsvHeaders } from './csv-headers.ts'
import { MalformedBody } from './errors.ts'
import { FormParts, keptHeaderBytes } from './form-parts.ts'
import type { BodyLimits } from './limits.ts'
import { JsonGroups, JsonList, JsonOptions, JsonTensor } from './multipart-json.ts'
import { NpyReader } from './npy.ts'
import { listOfNumbers } from './oip-groups.ts'
import type { Fields, ParsedBody } from './parsed-body.ts'
import { singleBatch } from './parsed-body.ts'
import type { BodyReader } from './reader.ts'
import { TablePart, tableOptions } from './table/part.ts'
import { isListOfWords, valueOfText } from './text-option.ts'

const bytesPerStep = 2 ** 13
/** What @fastify/busboy says of a part without a Content-Type. */
const noType = 'text/plain'

interface IncomingPart {
  readonly name: string | undefined
  readonly type: string
  readonly isFile: boolean
  readonly chunks: Buffer[]
  isWhole: boolean
}

interface PartReader {
  write(bytes: Buffer): void
  end(): Generator<void, void>
}

/**
 * Reads `multipart/form-data`: each tensor a part that is a .npy file, JSON or CSV by its Content-Type, each option a part of
 * text, `groups` one of JSON. Nothing is kept but the numbers and the options. A part without bytes is one that was not sent.
 *
 * @param contentType with the boundary
 * @param tensorNames the parts that are read as tensors, besides those of options
 * @param listNames the parts that are lists of texts and integers, as JSON, .npy or CSV
 * @throws MalformedBody, InvalidContent, LimitExceeded
 */
export async function readMultipart(
  reader: BodyReader,
  contentType: string,
  context: DecodeContext,
  limits: BodyLimits,
  tensorNames: readonly string[] = batchTensors,
  listNames: readonly string[] = [],
): Promise<ParsedBody> {
  const form = new Form(contentType, context, limits, tensorNames, listNames)
  for (let piece = await reader.next(); piece !== undefined; piece = await reader.next()) await form.write(piece)
  return form.end()
}

class Form {
  readonly #context: DecodeContext
  readonly #limits: BodyLimits
  readonly #tensorNames: readonly string[]
  readonly #listNames: readonly string[]
  readonly #busboy: BusboyInstance
  readonly #parts: FormParts
  readonly #isOver: Promise<void>
  readonly #names = new Set<string>()
  readonly #options: Fields = {}
  readonly #tensors: Fields = {}
  readonly #incoming: IncomingPart[] = []
  #reader: PartReader | undefined
  #failure: Error | undefined
  #optionBytes = 0
  readonly #csvHeaders = new CsvHeaders()
  #table: TablePart | undefined

  constructor(
    contentType: string,
    context: DecodeContext,
    limits: BodyLimits,
    tensorNames: readonly string[],
    listNames: readonly string[],
  ) {
    this.#context = context
    this.#limits = limits
    this.#tensorNames = [...tensorNames, ...weightOptions]
    this.#listNames = listNames
    this.#busboy = busboyOf(contentType, limits.maxKeys)
    this.#parts = new FormParts(this.#busboy)
    this.#busboy.on('file', (name, stream, filename: string | undefined, _encoding, type) =>
      this.#take(name, stream, type, filename !== undefined),
    )
    this.#busboy.on('partsLimit', () => {
      const { maxKeys } = limits
      this.#failure = new LimitExceeded('maxKeys', maxKeys, [], `The body has more parts than maxKeys, ${maxKeys}.`)
    })
    this.#isOver = new Promise((resolve) => {
      this.#busboy.on('finish', resolve)
      this.#busboy.on('error', (error) => {
        this.#failure = malformed(error)
        resolve()
      })
    })
  }

  async write(piece: Buffer): Promise<void> {
    // the streams of the parts have given out all that is in the piece when it is taken
    await new Promise<void>((resolve) => {
      this.#busboy.write(piece, () => resolve())
    })
    await this.#workOff()
  }

  async end(): Promise<ParsedBody> {
    this.#busboy.end()
    await this.#isOver
    this.#parts.check()
    await this.#workOff()
    this.#csvHeaders.check()
    const table = await this.#readTable()
    return singleBatch(this.#options, this.#tensors, {}, undefined, table?.dropped)
  }

  async #readTable(): Promise<{ readonly dropped: number | undefined } | undefined> {
    const lonely = this.#table === undefined && tableOptions.find((name) => name in this.#options)
    if (lonely) refuse([lonely], `${lonely} goes with a part table`, this.#options[lonely], 'misplaced')
    const read = await this.#table?.fields(this.#options)
    for (const [name, value] of Object.entries(read?.fields ?? {})) this.#set(this.#tensors, name, value)
    return read
  }

  #take(name: string | undefined, stream: BusboyFileStream, type: string, isFile: boolean): void {
    this.#parts.take()
    const part: IncomingPart = { name, type, isFile, chunks: [], isWhole: false }
    this.#incoming.push(part)
    stream.on('data', (bytes: Buffer) => part.chunks.push(bytes))
    stream.on('end', () => {
      part.isWhole = true
    })
    // what is wrong with the body is said by the body
    stream.on('error', () => undefined)
  }

  async #workOff(): Promise<void> {
    for (const part of [...this.#incoming]) {
      for (const bytes of part.chunks.splice(0)) {
        this.#reader ??= this.#readerOf(part)
        await this.#feed(this.#reader, bytes)
      }
      if (!part.isWhole) break
      // a browser sends a field that is not filled in as a part without bytes
      if (this.#reader !== undefined) await this.#context.task.run(this.#reader.end())
      this.#reader = undefined
      this.#incoming.shift()
    }
    const failure = this.#failure ?? this.#parts.failure
    if (failure !== undefined) throw failure
  }

  async #feed(reader: PartReader, bytes: Buffer): Promise<void> {
    const { task } = this.#context
    for (let from = 0; from < bytes.length; from += bytesPerStep) {
      reader.write(bytes.subarray(from, from + bytesPerStep))
      if (task.isDue) await task.pause()
    }
  }

  #readerOf({ name, type, isFile }: IncomingPart): PartReader {
    if (name === undefined) throw malformed(new Error('a part has no name'))
    if (this.#names.has(name) && !isListOfWords(name))
      refuse([name], `there are two parts named ${quoted(name)}`, 'a second part', 'given-twice')
    this.#names.add(name)
    if (this.#tensorNames.includes(name)) return this.#tensorPart(name, type, isFile)
    if (this.#listNames.includes(name)) return this.#listPart(name, type, isFile)
    if (name === 'options') return this.#optionsPart()
    if (name === 'groups') return this.#groupsPart(name)
    if (name === 'table') {
      this.#table = new TablePart(this.#context, this.#limits, this.#listNames)
      return this.#table
    }
    return this.#textPart(name, type)
  }

  #tensorPart(name: string, type: string, isFile: boolean): PartReader {
    const reader = this.#tensorReader(name, type, isFile)
    const fields = weightOptions.some((option) => option === name) ? this.#options : this.#tensors
    const set = (tensor: Tensor) => this.#set(fields, name, tensor)
    return {
      write: (bytes) => reader.write(bytes),
      *end() {
        set(yield* reader.end())
      },
    }
  }

  #tensorReader(name: string, type: string, isFile: boolean): NpyReader | JsonTensor | CsvReader {
    const [limits, { memory }] = [this.#limits, this.#context]
    if (type === 'application/json' || (type === noType && !isFile)) return new JsonTensor(name, limits, memory)
    if (type !== 'text/csv') return new NpyReader(name, limits, memory)
    const { names } = this.#csvHeaders
    const reader = new CsvReader(name, names === 'all' || names.includes(name), limits, memory)
    this.#csvHeaders.parts.set(name, reader.names)
    return reader
  }

  #listPart(name: string, type: string, isFile: boolean): PartReader {
    const { memory } = this.#context
    const isJson = type === 'application/json' || (type === noType && !isFile)
    const reader = isJson ? new JsonList(name, this.#limits, memory) : this.#tensorReader(name, type, isFile)
    const set = (list: ValueList) => this.#set(this.#tensors, name, list)
    return {
      write: (bytes) => reader.write(bytes),
      *end() {
        const read = yield* reader.end()
        set(isTensor(read) ? yield* listOfNumbers(read, memory) : read)
      },
    }
  }

  #groupsPart(name: string): PartReader {
    const reader = new JsonGroups(name, this.#limits, this.#context.memory)
    const set = (groups: GroupColumns) => this.#set(this.#tensors, name, groups)
    return {
      write: (bytes) => reader.write(bytes),
      *end() {
        set(yield* reader.end())
      },
    }
  }

  #optionsPart(): PartReader {
    const reader = new JsonOptions('options', weightOptions, this.#limits, this.#context.memory)
    const set = ({ options, tensors }: ScannedDocument) => {
      for (const [name, value] of Object.entries({ ...options, ...tensors })) {
        const data = [...this.#tensorNames, ...this.#listNames, 'groups']
        if (data.includes(name) && !(name in tensors)) {
          refuse(['options', name], `${name} is data and must be sent as a separate part`, value, 'misplaced')
        }
        this.#set(this.#options, name, value)
      }
    }
    return {
      write: (bytes) => reader.write(bytes),
      *end() {
        set(yield* reader.end())
      },
    }
  }

  #textPart(name: string, type: string): PartReader {
    const texts: Buffer[] = []
    const isText = type.startsWith('text/') || type === 'application/json'
    const set = () => {
      const text = Buffer.concat(texts).toString()
      if (name === 'csvHeader') this.#csvHeaders.declare(text, this.#tensorNames)
      else this.#set(this.#options, name, isText ? valueOfText(name, text, type === 'application/json') : 'a file')
    }
    return {
      write: (bytes) => {
        if (!isText) return
        this.#countOption(name, bytes.length)
        texts.push(Buffer.from(bytes))
      },
      // biome-ignore lint/correctness/useYield: a text is read in one step
      *end() {
        set()
      },
    }
  }

  #countOption(name: string, bytes: number): void {
    const { maxOptionBytes } = this.#limits
    this.#optionBytes += bytes
    if (this.#optionBytes > maxOptionBytes) {
      const detail = `The options are longer than maxOptionBytes, ${maxOptionBytes} bytes.`
      throw new LimitExceeded('maxOptionBytes', maxOptionBytes, [name], detail)
    }
    this.#context.memory.reserve(bytes)
  }

  #set(fields: Fields, name: string, value: unknown): void {
    if (name === '__proto__') refuse([name], '__proto__ is not a recognised field', value, 'unknown-field')
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined
    const isMore = isListOfWords(name) && Array.isArray(before)
    if (before !== undefined && !isMore) refuse([name], `${quoted(name)} is given twice`, value, 'given-twice')
    fields[name] = isMore ? before.concat(value) : value
  }
}

function busboyOf(contentType: string, mostParts: number): BusboyInstance {
  const limits = { parts: mostParts, headerSize: keptHeaderBytes }
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits, isPartAFile: () => true })
  } catch (error) {
    throw malformed(error)
  }
}

function malformed(error: unknown): MalformedBody {
  const why = (error as Error).message.replace(/\.$/, '')
  return new MalformedBody(`The body is not valid multipart/form-data: ${why}.`)
}
