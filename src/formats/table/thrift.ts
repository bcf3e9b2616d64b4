const kinds = {
  stop: 0,
  yes: 1,
  no: 2,
  byte: 3,
  i16: 4,
  i32: 5,
  i64: 6,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  struct: 12,
}
/** Structs and lists within others: Parquet has eight. */
const deepest = 32
const mostVarintBytes = 10

/** What takes the value of a field or of an element, which has a kind. */
type Take = (kind: number) => void

/** Reads Thrift's compact protocol, in time linear in its bytes, and takes no more than is asked for. */
export class ThriftReader {
  readonly #view: DataView
  at: number
  #depth = 0

  constructor(view: DataView, at = 0) {
    this.#view = view
    this.at = at
  }

  /** Gives each field that is asked for by its number; the others are skipped. */
  struct(fields: Readonly<Record<number, Take>>, kind: number = kinds.struct): void {
    if (kind !== kinds.struct) throw new RangeError('a struct is not one')
    this.#descend()
    for (let id = 0; ; ) {
      const head = this.#byte()
      const kind = head & 15
      if (kind === kinds.stop) break
      id = head >> 4 === 0 ? this.integer(kinds.i16) : id + (head >> 4)
      const take = fields[id]
      if (take === undefined) this.skip(kind)
      else take(kind)
    }
    this.#depth--
  }

  /** Gives each element. @returns their number */
  list(kind: number, element: Take): number {
    if (kind !== kinds.list && kind !== kinds.set) throw new RangeError('a list is not one')
    const head = this.#byte()
    const size = head >> 4 === 15 ? this.unsigned() : head >> 4
    // each takes a byte
    if (size > this.#view.byteLength - this.at)
      throw new RangeError(`a list has not the ${size} elements that it announces`)
    const kindOfAll = (head & 15) === kinds.yes || (head & 15) === kinds.no ? kinds.byte : head & 15
    this.#descend()
    for (let left = size; left > 0; left--) element(kindOfAll)
    this.#depth--
    return size
  }

  /** An integer; where it is not a safe one, a number near it that is not, either. */
  integer(kind: number): number {
    if (kind === kinds.byte) return (this.#byte() << 24) >> 24
    if (kind < kinds.i16 || kind > kinds.i64) throw new RangeError('an integer is not one')
    const zigzag = this.unsigned()
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }

  /** A varint. */
  unsigned(): number {
    let value = 0
    for (let digit = 0; digit < mostVarintBytes; digit++) {
      const byte = this.#byte()
      value += (byte & 127) * 128 ** digit
      if (byte < 128) return value
    }
    throw new RangeError('an integer has no end')
  }

  text(kind: number): string {
    return Buffer.from(this.#bytes(kind)).toString()
  }

  truth(kind: number): boolean {
    return kind === kinds.yes
  }

  skip(kind: number): void {
    if (kind === kinds.yes || kind === kinds.no) return
    if (kind === kinds.double) this.at += 8
    else if (kind === kinds.binary) this.#bytes(kind)
    else if (kind === kinds.struct) this.struct({}, kind)
    else if (kind === kinds.list || kind === kinds.set) this.list(kind, (each) => this.skip(each))
    else this.integer(kind)
  }

  #descend(): void {
    if (++this.#depth > deepest) throw new RangeError('its metadata is too deep')
  }

  #byte(): number {
    if (this.at >= this.#view.byteLength) throw new RangeError('it ends too early')
    return this.#view.getUint8(this.at++)
  }

  #bytes(kind: number): Uint8Array {
    if (kind !== kinds.binary) throw new RangeError('a text is not one')
    const size = this.unsigned()
    const { buffer, byteOffset, byteLength } = this.#view
    if (size > byteLength - this.at) throw new RangeError(`a text has not the ${size} bytes that it announces`)
    this.at += size
    return new Uint8Array(buffer, byteOffset + this.at - size, size)
  }
}
