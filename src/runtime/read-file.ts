import { createReadStream } from 'node:fs'

/** Thrown for a file that is longer than it may be. */
export class FileTooLong extends Error {}

/**
 * Reads a text file in UTF-8 of at most so many bytes; of a longer or endless one no more is read.
 *
 * @throws FileTooLong
 */
export async function readTextFile(path: string, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of createReadStream(path, { end: mostBytes }) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
  }
  if (bytes > mostBytes) throw new FileTooLong(`it is longer than ${mostBytes} bytes`)
  return Buffer.concat(chunks, bytes).toString('utf8')
}
