import type { Gunzip, ZstdDecompress } from 'node:zlib'
import { constants, createGunzip, createZstdDecompress } from 'node:zlib'
import { Problem } from '../problem.ts'

export type Inflater = Gunzip | ZstdDecompress

const inflaters: Record<string, () => Inflater> = {
  gzip: () => createGunzip(),
  // RFC 9659: the content coding has windows of at most 8 MiB
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
}

/** The content codings that bodies may have. */
export const acceptedEncodings = Object.keys(inflaters)

/**
 * What makes an inflater for a Content-Encoding, or `undefined` where nothing is to inflate.
 *
 * @throws Problem `unsupported-media-type`
 */
export function inflaterOf(encoding: string | undefined): (() => Inflater) | undefined {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'identity') return undefined
  if (Object.hasOwn(inflaters, name)) return inflaters[name]
  const accepted = acceptedEncodings.join(', ')
  throw new Problem(
    'unsupported-media-type',
    `Content-Encoding must be one of ${accepted}, or absent.`,
    { accepted: acceptedEncodings },
    { 'accept-encoding': accepted },
  )
}
