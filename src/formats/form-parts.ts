import { EventEmitter } from 'node:events'
import type { BusboyInstance } from '@fastify/busboy'
import { MalformedBody } from './errors.ts'

export const maxPartHeaderBytes = 8192
/** What busboy keeps of the headers of a part: enough to see that there are more than are allowed. */
export const keptHeaderBytes = 2 * maxPartHeaderBytes

/** Notices parts that busboy passes over without a word: those whose headers it cannot use. */
export class FormParts {
  #begun = 0
  #taken = 0
  failure: MalformedBody | undefined

  constructor(busboy: BusboyInstance) {
    const parser = '_parser' in busboy ? busboy._parser : undefined
    const dicer = typeof parser === 'object' && parser !== null && 'parser' in parser ? parser.parser : undefined
    if (!(dicer instanceof EventEmitter)) throw new Error('@fastify/busboy has changed: its parts cannot be counted')
    dicer.on('part', (part: EventEmitter) => {
      this.check()
      this.#begun++
      part.on('header', (headers: Record<string, readonly string[]>) => this.#checkHeaders(headers))
    })
  }

  take(): void {
    this.#taken++
  }

  /** Whether all parts that have begun were taken, when the next begins or the body has ended. */
  check(): void {
    if (this.#taken === this.#begun) return
    this.#refuse(
      'its headers cannot be read. Each part needs the header Content-Disposition: form-data; name="..." and an empty line after its headers',
    )
  }

  #checkHeaders(headers: Record<string, readonly string[]>): void {
    let bytes = 0
    for (const [name, values] of Object.entries(headers))
      for (const value of values) bytes += name.length + value.length + ': \r\n'.length
    if (bytes > maxPartHeaderBytes) this.#refuse(`its headers have more than ${maxPartHeaderBytes} bytes; shorten them`)
  }

  #refuse(why: string): void {
    this.failure ??= new MalformedBody(
      `The body is not valid multipart/form-data: part ${this.#begun} cannot be used: ${why}.`,
    )
  }
}
