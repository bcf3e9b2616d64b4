/**
 * Numbers in rows of as many each, or in one list, without an array for each row. JSON has them as arrays, with `null` for
 * what is not finite.
 */
export class NumberRows {
  readonly data: Float64Array
  /** Numbers of a row; `undefined` for one list. */
  readonly width: number | undefined

  constructor(data: Float64Array, width?: number) {
    this.data = data
    this.width = width
  }

  toJSON(): (number | null)[] | (number | null)[][] {
    const { data, width } = this
    if (width === undefined) return listOf(data)
    return Array.from({ length: data.length / width }, (_, row) =>
      listOf(data.subarray(row * width, (row + 1) * width)),
    )
  }
}

function listOf(numbers: Float64Array): (number | null)[] {
  return Array.from(numbers, (number) => (Number.isFinite(number) ? number : null))
}
