const bytesPerStep = 2 ** 18
const elementsPerStep = 2 ** 11
const [quote, backslash, comma, closeArray, closeObject, openArray, openObject] = Buffer.from('"\\,]}[{')

/** The key that a member of an object begins with. @param bytes with the comma before it */
export function nameOfMember(bytes: Buffer): string {
  return JSON.parse(bytes.toString('utf8', bytes.indexOf(quote), bytes.indexOf(':')))
}

/** Goes through JSON that is known to be valid. */
export class MemberReader {
  readonly #bytes: Buffer
  readonly #longestString: number
  #at: number

  /** @param longest bytes of a string that is read */
  constructor(bytes: Buffer, at: number, longest: number) {
    this.#bytes = bytes
    this.#at = at
    this.#longestString = longest
  }

  /** The next byte that is no white space, where it stays. */
  next(): number {
    const bytes = this.#bytes
    while (bytes[this.#at] <= 0x20) this.#at++
    return bytes[this.#at]
  }

  skip(): void {
    this.#at++
  }

  /** The scalar that begins here as it is spelled, a character for each byte; undefined, and where it is, for one that is too long. */
  token(): string | undefined {
    const from = this.#at
    const end = this.#bytes[from] === quote ? this.#endOfString(from) : this.#endOfWord(from)
    if (end === undefined) return undefined
    this.#at = end
    return this.#bytes.toString('latin1', from, end)
  }

  /** The beginning of a string that is too long. */
  begin(): string {
    return this.#bytes.toString('utf8', this.#at + 1, this.#at + 256)
  }

  /**
   * Goes through the elements of an array that begins here, in steps.
   *
   * @param add is called with each scalar as it is spelled
   * @param addWrong is called with what is none, or with the beginning of a string that is too long
   */
  *elements(add: (token: string) => void, addWrong: (received: unknown) => void): Generator<void, void> {
    this.skip()
    for (let count = 1; this.next() !== closeArray; count++) {
      const byte = this.next()
      const token = byte === openArray || byte === openObject ? undefined : this.token()
      if (token === undefined) {
        addWrong(byte === openArray ? [] : byte === openObject ? {} : this.begin())
        yield* this.passOver()
      } else add(token)
      if (this.next() === comma) this.skip()
      if (count % elementsPerStep === 0) yield
    }
    this.skip()
  }

  /** Passes over a value of any kind and size, in steps. */
  *passOver(): Generator<void, void> {
    const bytes = this.#bytes
    let depth = 0
    let isString = false
    for (let passed = 1; ; passed++) {
      const byte = bytes[this.#at]
      if (isString) {
        if (byte === backslash) this.#at++
        else if (byte === quote) isString = false
      } else if (byte === quote) isString = true
      else if (byte === openArray || byte === openObject) depth++
      else if (byte === closeArray || byte === closeObject) depth--
      const isOver = depth < 0 || (depth === 0 && !isString && byte === comma)
      if (isOver) return
      this.#at++
      if (passed % bytesPerStep === 0) yield
    }
  }

  #endOfString(from: number): number | undefined {
    const bytes = this.#bytes
    const last = from + this.#longestString
    for (let at = from + 1; at < last; at++) {
      if (bytes[at] === quote) return at + 1
      if (bytes[at] === backslash) at++
    }
    return undefined
  }

  #endOfWord(from: number): number {
    const bytes = this.#bytes
    let at = from
    while (bytes[at] > 0x20 && bytes[at] !== comma && bytes[at] !== closeArray && bytes[at] !== closeObject) at++
    return at
  }
}
