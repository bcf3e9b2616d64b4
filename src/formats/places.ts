const newline = 0x0a
/** Bytes on either side of a place that may say what it is. */
const bytesAround = 64
/** Bytes in which lines are counted: of a longer body with line breaks only the byte is named, so that right ones stay fast. */
const countedBytes = 2 ** 18

/** Bytes before a place and from there on, as Latin-1; how far the place is from the beginning of the body. */
export interface Around {
  readonly before: string
  readonly after: string
  readonly offset: number
}

/** Lines and columns of a document that comes in pieces; pieces that were passed are not kept. */
export class Places {
  readonly what: 'body' | 'line' | 'part'
  /** The offset of the next piece. */
  #offset: number
  /** Lines that have ended before it, and where the one that has not begins. */
  #lines = 0
  #lineStart = 0
  #isCounted = true
  /** The last bytes that were passed. */
  #tail = ''

  constructor(what: 'body' | 'line' | 'part', offset: number) {
    this.what = what
    this.#offset = offset
  }

  /** Notes a piece in which nothing was wrong. Most bodies have no line breaks, which is seen at once. */
  pass(piece: Buffer): void {
    const last = piece.lastIndexOf(newline)
    if (last >= 0) {
      if (this.#offset + piece.length <= countedBytes) this.#lines += countOf(newline, piece, last + 1)
      else this.#isCounted = false
      this.#lineStart = this.#offset + last + 1
    }
    this.#offset += piece.length
    this.#tail = `${this.#tail}${piece.toString('latin1', Math.max(0, piece.length - bytesAround))}`.slice(-bytesAround)
  }

  /** Where an offset is; columns count characters, as far as the bytes are there. */
  inWords(offset: number, piece?: Buffer): string {
    const byte = this.what === 'line' ? `byte ${offset} of the line` : `byte ${offset}`
    const seen = piece?.subarray(0, Math.max(0, offset - this.#offset)) ?? Buffer.alloc(0)
    const last = seen.lastIndexOf(newline)
    const start = last < 0 ? this.#lineStart : this.#offset + last + 1
    if (offset < start || !this.#isCounted) return `at ${byte}`
    const line = this.#lines + countOf(newline, seen, last + 1) + 1
    const column = offset - start + 1 - countContinued(seen.subarray(last + 1))
    return this.what === 'line' ? `in column ${column} (${byte})` : `in line ${line}, column ${column} (${byte})`
  }

  /** What stands around an offset; undefined where that has been passed. */
  around(offset: number, piece: Buffer = Buffer.alloc(0)): Around | undefined {
    const at = offset - this.#offset
    if (at < 0) return undefined
    return {
      before: `${this.#tail}${piece.toString('latin1', Math.max(0, at - bytesAround), at)}`.slice(-bytesAround),
      after: piece.toString('latin1', at, at + bytesAround),
      offset,
    }
  }
}

function countOf(byte: number, bytes: Buffer, end: number): number {
  let count = 0
  for (let at = 0; at < end; at++) count += Number(bytes[at] === byte)
  return count
}

/** Bytes that go on with a character of UTF-8. */
function countContinued(bytes: Buffer): number {
  let count = 0
  for (let at = 0; at < bytes.length; at++) count += Number((bytes[at] & 0xc0) === 0x80)
  return count
}
