// Parquet files as no program writes them: their pages and their metadata say what a test wants.

/** A field of a struct in Thrift's compact protocol: its number, and what it is. */
export type Field = readonly [id: number, value: Value]
export type Value =
  | { readonly i32: number | bigint }
  | { readonly i64: number | bigint }
  | { readonly text: string }
  | { readonly list: readonly Value[] }
  | { readonly struct: readonly Field[] }

const kinds = { i32: 5, i64: 6, text: 8, list: 9, struct: 12 } as const

function kindOf(value: Value): number {
  return kinds[Object.keys(value)[0] as keyof typeof kinds]
}

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = []
  let left = BigInt(value)
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128)
  return Buffer.from([...bytes, Number(left)])
}

function zigzag(value: number | bigint): Buffer {
  const whole = BigInt(value)
  return varint(whole >= 0n ? 2n * whole : -2n * whole - 1n)
}

function written(value: Value): Buffer {
  if ('i32' in value) return zigzag(value.i32)
  if ('i64' in value) return zigzag(value.i64)
  if ('text' in value) return Buffer.concat([varint(Buffer.byteLength(value.text)), Buffer.from(value.text)])
  if ('struct' in value) return struct(value.struct)
  const { list } = value
  const kind = list.length === 0 ? kinds.i32 : kindOf(list[0])
  const head =
    list.length < 15 ? [Buffer.from([(list.length << 4) | kind])] : [Buffer.from([0xf0 | kind]), varint(list.length)]
  return Buffer.concat([...head, ...list.map(written)])
}

export function struct(fields: readonly Field[]): Buffer {
  let last = 0
  const parts = fields.map(([id, value]) => {
    const head = Buffer.from([((id - last) << 4) | kindOf(value)])
    last = id
    return Buffer.concat([head, written(value)])
  })
  return Buffer.concat([...parts, Buffer.from([0])])
}

interface PageSettings {
  readonly size?: number
  readonly unpacked?: number
  readonly encoding?: number
}

/** A data page (version 1), of doubles as they are unless it says otherwise. */
export function page(values: number, content: Buffer, settings: PageSettings = {}): Buffer {
  const { size = content.length, encoding = 0 } = settings
  const { unpacked = size } = settings
  const data = [
    [1, { i32: values }],
    [2, { i32: encoding }],
    [3, { i32: 3 }],
    [4, { i32: 3 }],
  ] as const
  const head = struct([
    [1, { i32: 0 }],
    [2, { i32: unpacked }],
    [3, { i32: size }],
    [5, { struct: data }],
  ])
  return Buffer.concat([head, content])
}

/** A page of the values that others refer to. */
export function dictionary(values: number, content: Buffer): Buffer {
  const head = struct([
    [1, { i32: 2 }],
    [2, { i32: content.length }],
    [3, { i32: content.length }],
    [7, { struct: [[1, { i32: values }]] }],
  ])
  return Buffer.concat([head, content])
}

/** A run of one number of up to eight bits. */
export function run(values: number, value: number): Buffer {
  return Buffer.concat([varint(2 * values), Buffer.of(value)])
}

/** Runs behind their size, as levels and booleans come. */
export function sized(...runs: readonly Buffer[]): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(Buffer.concat(runs).length)
  return Buffer.concat([size, ...runs])
}

/** Numbers with one difference between each and the next (DELTA_BINARY_PACKED). */
export function differences(values: number, first: number, step: number): Buffer {
  const block = Buffer.concat([zigzag(step), Buffer.alloc(4)])
  const blocks = Array.from({ length: Math.ceil((values - 1) / 128) }, () => block)
  return Buffer.concat([varint(128), varint(4), varint(values), zigzag(first), ...blocks])
}

/** Bytes as Snappy writes what it cannot compress: in literals. */
export function snappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [varint(bytes.length)]
  for (let at = 0; at < bytes.length; at += 2 ** 16) {
    const literal = bytes.subarray(at, at + 2 ** 16)
    const head = Buffer.of(61 << 2, 0, 0)
    head.writeUInt16LE(literal.length - 1, 1)
    parts.push(head, literal)
  }
  return Buffer.concat(parts)
}

export function doubles(values: readonly number[]): Buffer {
  return Buffer.from(Float64Array.from(values).buffer)
}

export interface Column {
  readonly name: string
  /** The number of a type; without it, doubles. */
  readonly type?: number
  /** 0 required, 1 optional, 2 repeated */
  readonly repetition?: number
  /** The pages of each row group. */
  readonly chunks: readonly Buffer[]
  readonly values?: number
  readonly codec?: number
  /** What its metadata says of its uncompressed bytes; without it, the truth. */
  readonly announced?: number | bigint
  /** Where its metadata says that it begins; without it, the truth. */
  readonly offset?: number
  readonly size?: number
  /** Another file that its metadata says it is in. */
  readonly elsewhere?: string
  /** What else the schema says of it: 2 its width, 6 what its type stands for, 7 its scale. */
  readonly described?: { readonly [field: number]: number }
}

/** A file of columns of doubles; `rows` of each row group, as it announces them. */
export function parquetFile(
  columns: readonly Column[],
  rows: readonly (number | bigint)[],
  all?: number | bigint,
): Buffer {
  const parts: Buffer[] = [Buffer.from('PAR1')]
  let at = 4
  const groups = rows.map((inGroup, group): Value => {
    const chunks = columns.map(
      ({ name, type = 5, chunks, values, codec = 0, announced, offset: said, size, elsewhere }): Value => {
        const chunk = chunks[group]
        const offset = at
        parts.push(chunk)
        at += chunk.length
        const meta: Field[] = [
          [1, { i32: type }],
          [2, { list: [{ i32: 0 }] }],
          [3, { list: [{ text: name }] }],
          [4, { i32: codec }],
          [5, { i64: values ?? inGroup }],
          [6, { i64: announced ?? chunk.length }],
          [7, { i64: size ?? chunk.length }],
          [9, { i64: said ?? offset }],
        ]
        const chunkOf: Field[] = [
          [2, { i64: offset }],
          [3, { struct: meta }],
        ]
        return { struct: elsewhere === undefined ? chunkOf : [[1, { text: elsewhere }], ...chunkOf] }
      },
    )
    return {
      struct: [
        [1, { list: chunks }],
        [2, { i64: at }],
        [3, { i64: inGroup }],
      ],
    }
  })
  const root: Value = {
    struct: [
      [4, { text: 'root' }],
      [5, { i32: columns.length }],
    ],
  }
  const leaves = columns.map(({ name, type = 5, repetition = 0, described = {} }): Value => {
    const fields: Field[] = [
      [1, { i32: type }],
      [3, { i32: repetition }],
      [4, { text: name }],
      ...Object.entries(described).map(([id, value]): Field => [Number(id), { i32: value }]),
    ]
    return { struct: fields.toSorted(([a], [b]) => a - b) }
  })
  const footer = struct([
    [1, { i32: 1 }],
    [2, { list: [root, ...leaves] }],
    [3, { i64: all ?? rows.reduce((sum: bigint, each) => sum + BigInt(each), 0n) }],
    [4, { list: groups }],
  ])
  return Buffer.concat([...parts, ending(footer)])
}

/** A file of metadata only, whatever it is. */
export function ending(footer: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(footer.length)
  return Buffer.concat([footer, size, Buffer.from('PAR1')])
}
