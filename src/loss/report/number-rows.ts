export type Written = number | boolean | null

/** Numbers in rows of as many each, or in one list; JSON has them as arrays. */
export class NumberRows {
  readonly data: Float64Array | Int32Array
  readonly width: number | undefined
  readonly #writtenAs: (number: number) => Written

  /** @param writtenAs what JSON has for a number; of itself, `null` for what is not finite */
  constructor(data: Float64Array | Int32Array, width?: number, writtenAs: (number: number) => Written = finiteOrNull) {
    this.data = data
    this.width = width
    this.#writtenAs = writtenAs
  }

  /** The rows, or elements of the list, that these numbers are. */
  part(from: number, to: number): NumberRows {
    return new NumberRows(this.data.subarray(from, to), this.width, this.#writtenAs)
  }

  list(from: number, to: number): NumberRows {
    return new NumberRows(this.data.subarray(from, to), undefined, this.#writtenAs)
  }

  toJSON(): Written[] | Written[][] {
    const { data, width } = this
    if (width === undefined) return this.#written(0, data.length)
    return Array.from({ length: data.length / width }, (_, row) => this.#written(row * width, (row + 1) * width))
  }

  #written(from: number, to: number): Written[] {
    const list: Written[] = []
    for (let at = from; at < to; at++) list.push(this.#writtenAs(this.data[at]))
    return list
  }
}

function finiteOrNull(number: number): number | null {
  return Number.isFinite(number) ? number : null
}
