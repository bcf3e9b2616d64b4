import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { compressors } from 'hyparquet-compressors'
import type { Chunk } from './parquet-metadata.ts'
import type { TakeBytes } from './parquet-values.ts'

/** Decompresses a page, to no more than the file has announced. */
export function unpacked({ codec }: Chunk, packed: Uint8Array, size: number, take: TakeBytes): Uint8Array {
  if (size < 0) throw new RangeError(`a page has ${size} bytes`)
  const isPlain = codec === 'UNCOMPRESSED' || (size === 0 && packed.length === 0)
  if (!isPlain) take(size)
  const page = isPlain ? packed : decompressed(codec, packed, size)
  if (page.length !== size) throw new RangeError(`a page has ${page.length} bytes, and announces ${size}`)
  return apart(page)
}

/** Bytes behind which there are no others, which hyparquet would read for values that are missing. */
export function apart(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset + bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function decompressed(codec: Chunk['codec'], packed: Uint8Array, size: number): Uint8Array {
  const limit = { maxOutputLength: Math.max(1, size) }
  if (codec === 'GZIP') return gunzipSync(packed, limit)
  if (codec === 'BROTLI') return brotliDecompressSync(packed, limit)
  if (codec === 'ZSTD') return zstdDecompressSync(packed, limit)
  const read = compressors[codec]
  if (read === undefined) throw new RangeError(`its codec ${codec} is not read`)
  return read(packed, size)
}
