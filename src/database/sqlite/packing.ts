/** Rows whose byte arrays are concatenated, so that one copy carries them between threads. */
export interface Packed<Row> {
  readonly rows: readonly Row[]
  /** The fields that hold byte arrays; in `rows` each holds the offset of its end. */
  readonly fields: readonly string[]
  readonly bytes: Uint8Array
}

type Fields = Record<string, unknown>

export function pack<Row extends object>(rows: readonly Row[]): Packed<Row> {
  const fields = new Set<string>()
  let size = 0
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (!(value instanceof Uint8Array)) continue
      fields.add(name)
      size += value.length
    }
  }
  const bytes = new Uint8Array(size)
  let end = 0
  const packed = rows.map((row) => {
    const copy = { ...row } as Fields
    for (const name of fields) {
      const value = copy[name]
      if (!(value instanceof Uint8Array)) continue
      bytes.set(value, end)
      end += value.length
      copy[name] = end
    }
    return copy as Row
  })
  return { rows: packed, fields: [...fields], bytes }
}

export function unpack<Row extends object>({ rows, fields, bytes }: Packed<Row>): readonly Row[] {
  let begin = 0
  for (const row of rows as readonly Fields[]) {
    for (const name of fields) {
      const end = row[name]
      if (typeof end !== 'number') continue
      row[name] = bytes.subarray(begin, end)
      begin = end
    }
  }
  return rows
}
