import type { Gunzip, ZstdDecompress } from 'node:zlib'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { Problem } from '../problem.ts'

export type Inflater = Gunzip | ZstdDecompress

export interface Coding {
  /** Bytes of what it inflated last that an inflater keeps at most. */
  readonly windowBytes: number
  inflater(): Inflater
}

/** RFC 9659: the content coding zstd has windows of at most 8 MiB. */
const zstdWindowLog = 23

const codings: Record<string, Coding> = {
  gzip: { windowBytes: 2 ** 15, inflater: () => createGunzip() },
  zstd: {
    windowBytes: 2 ** zstdWindowLog,
    inflater: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } }),
  },
}

/** The content codings that bodies may have. */
export const acceptedEncodings = Object.keys(codings)

/**
 * The coding of a Content-Encoding, or `undefined` where nothing is to inflate.
 *
 * @throws Problem `unsupported-media-type`
 */
export function codingOf(encoding: string | undefined): Coding | undefined {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity') return undefined
  if (Object.hasOwn(codings, name)) return codings[name]
  const accepted = acceptedEncodings.join(', ')
  throw new Problem(
    'unsupported-media-type',
    `Content-Encoding must be one of ${accepted}, or absent.`,
    { accepted: acceptedEncodings },
    { 'accept-encoding': accepted },
  )
}
