import { strings } from '../strings.js'

/**
 * @typedef {'parquet' | 'arrow'} TableFormat
 * @typedef {{ format: TableFormat, names: string[] }} TableNames
 */

const decoder = new TextDecoder()
const [parquetMagic, arrowMagic] = ['PAR1', 'ARROW1']
/** Bytes behind the metadata: their size, and the magic. */
const [parquetTail, arrowTail] = [8, 10]
/** The least that a column takes in the metadata of either. */
const leastColumn = 3

/** @param {File | undefined} file */
export function isTable(file) {
  return file !== undefined && /\.(parquet|arrow|feather)$/i.test(file.name)
}

/**
 * The names of a table's columns, of its metadata only.
 *
 * @param {File} file
 * @returns {Promise<TableNames>}
 * @throws {Error} in words, when it is neither a Parquet nor an Arrow file
 */
export async function readNames(file) {
  try {
    const head = decoder.decode(await bytesOf(file, 0, 6))
    if (head.startsWith(parquetMagic)) return { format: 'parquet', names: await namesOfParquet(file) }
    return { format: 'arrow', names: head === arrowMagic ? await namesOfFile(file) : await namesOfStream(file) }
  } catch {
    throw new Error(strings.batch.noTable(file.name))
  }
}

/** @param {File} file @param {number} from @param {number} size */
async function bytesOf(file, from, size) {
  return new Uint8Array(await file.slice(from, from + size).arrayBuffer())
}

/** @param {Uint8Array} bytes */
function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** @param {File} file */
async function namesOfParquet(file) {
  const end = file.size - parquetTail
  const size = viewOf(await bytesOf(file, end, parquetTail)).getUint32(0, true)
  if (size > end) throw new RangeError()
  const reader = new Thrift(viewOf(await bytesOf(file, end - size, size)))
  /** @type {string[]} */
  const names = []
  /** How many children are left of each node that is open. @type {number[]} */
  const open = []
  reader.struct({
    2: (kind) =>
      reader.list(kind, () => {
        let [name, children] = ['', 0]
        reader.struct({
          4: () => {
            name = decoder.decode(reader.bytes())
          },
          5: () => {
            // zigzag
            children = reader.varint() / 2
          },
        })
        if (open.length === 1) names.push(name)
        open.push(children)
        while (open.at(-1) === 0) {
          open.pop()
          if (open.length > 0) open[open.length - 1]--
        }
      }),
  })
  return names
}

/** Thrift's compact protocol, as far as the schema needs it. */
class Thrift {
  /** @param {DataView} view */
  constructor(view) {
    this.view = view
    this.at = 0
    this.depth = 0
  }

  /** @param {Record<number, (kind: number) => void>} fields */
  struct(fields) {
    if (++this.depth > 32) throw new RangeError()
    for (let id = 0; ; ) {
      const head = this.view.getUint8(this.at++)
      const kind = head & 15
      if (kind === 0) break
      id = head >> 4 === 0 ? this.varint() / 2 : id + (head >> 4)
      const take = fields[id]
      if (take === undefined) this.skip(kind)
      else take(kind)
    }
    this.depth--
  }

  /** @param {number} kind @param {(kind: number) => void} element */
  list(kind, element) {
    const head = this.view.getUint8(this.at++)
    const size = head >> 4 === 15 ? this.varint() : head >> 4
    if (kind !== 9 || size > this.view.byteLength - this.at || ++this.depth > 32) throw new RangeError()
    // a truth is a byte in a list
    const kindOfAll = (head & 15) < 3 ? 3 : head & 15
    for (let left = size; left > 0; left--) element(kindOfAll)
    this.depth--
  }

  varint() {
    let value = 0
    for (let digit = 0; digit < 10; digit++) {
      const byte = this.view.getUint8(this.at++)
      value += (byte & 127) * 128 ** digit
      if (byte < 128) return value
    }
    throw new RangeError()
  }

  bytes() {
    const size = this.varint()
    this.at += size
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.at - size, size)
  }

  /** @param {number} kind */
  skip(kind) {
    if (kind === 3) this.at++
    else if (kind === 7) this.at += 8
    else if (kind === 8) this.bytes()
    else if (kind === 9) this.list(kind, (each) => this.skip(each))
    else if (kind === 12) this.struct({})
    else if (kind > 3) this.varint()
  }
}

/** @param {File} file */
async function namesOfFile(file) {
  const end = file.size - arrowTail
  const size = viewOf(await bytesOf(file, end, 4)).getInt32(0, true)
  const view = viewOf(await bytesOf(file, end - size, size))
  // a footer: its version, its schema
  return namesOfSchema(view, tableIn(view, tableAt(view, 0), 1))
}

/** @param {File} file */
async function namesOfStream(file) {
  const head = viewOf(await bytesOf(file, 0, 8))
  if (head.getInt32(0, true) !== -1) throw new RangeError()
  const view = viewOf(await bytesOf(file, 8, head.getInt32(4, true)))
  // a message: its version, the kind of its header, its header
  return namesOfSchema(view, tableIn(view, tableAt(view, 0), 2))
}

/** @param {DataView} view @param {number} schema */
function namesOfSchema(view, schema) {
  // its endianness, its fields
  const fields = tableIn(view, schema, 1)
  const count = view.getUint32(fields, true)
  if (count > view.byteLength / leastColumn) throw new RangeError()
  return Array.from({ length: count }, (_, at) => {
    const name = tableIn(view, tableAt(view, fields + 4 + 4 * at), 0)
    const size = view.getUint32(name, true)
    return decoder.decode(new Uint8Array(view.buffer, view.byteOffset + name + 4, size))
  })
}

/** Where what a FlatBuffer refers to begins. @param {DataView} view @param {number} at */
function tableAt(view, at) {
  return at + view.getUint32(at, true)
}

/** What a field of a table refers to. @param {DataView} view @param {number} table @param {number} field */
function tableIn(view, table, field) {
  const places = table - view.getInt32(table, true)
  const place = 4 + 2 * field
  const offset = place < view.getUint16(places, true) ? view.getUint16(places + place, true) : 0
  if (offset === 0) throw new RangeError()
  return tableAt(view, table + offset)
}
