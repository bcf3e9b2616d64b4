import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import '@fastify/accepts'

/** An answer that stays the same while the service runs, sent compressed to clients that accept it. */
export interface Constant {
  readonly hash: string
  send(request: FastifyRequest, reply: FastifyReply, cacheControl: string): Promise<FastifyReply>
}

export const forEver = 'public, max-age=31536000, immutable'

/** The browser asks each time whether the content has changed. */
export const askAgain = 'no-cache'

/** Adds a header of the request that the answer depends on. */
export function vary(reply: FastifyReply, name: string): void {
  reply.header('vary', [reply.getHeader('vary'), name].flat().filter(Boolean).join(', '))
}

const codings: Readonly<Record<string, (content: Buffer) => Promise<Buffer>>> = {
  br: (content) => promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (content) => promisify(gzip)(content),
}

/** An answer of this type; a text is compressed once, at the first request. */
export function constant(type: string, content: Buffer): Constant {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 20)
  const etag = `W/"${hash}"`
  const compressed = new Map<string, Promise<Buffer>>()
  const isText = /^(text|application)\/|\+xml/.test(type)

  const contentIn = (coding: string): Promise<Buffer> => {
    let made = compressed.get(coding)
    if (made === undefined) {
      made = codings[coding](content)
      compressed.set(coding, made)
      made.catch(() => compressed.delete(coding))
    }
    return made
  }

  const send = async (request: FastifyRequest, reply: FastifyReply, cacheControl: string): Promise<FastifyReply> => {
    reply.header('etag', etag).header('cache-control', cacheControl)
    if (isText) vary(reply, 'accept-encoding')
    if (request.headers['if-none-match']?.includes(etag)) return reply.code(304).send()
    reply.type(type)
    const accepted = request.accepts().encodings() as string[]
    const coding = isText ? Object.keys(codings).find((name) => accepted.includes(name)) : undefined
    if (coding === undefined) return reply.send(content)
    return reply.header('content-encoding', coding).send(await contentIn(coding))
  }
  return { hash, send }
}
