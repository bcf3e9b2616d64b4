import type { Readable } from 'node:stream'
import type { DestinationStream } from 'pino'

/** Hands on the lines of another process's log, each whole; one that it left unfinished when it ended is dropped. */
export function relayLines(from: Readable, to: DestinationStream): void {
  let unfinished = ''
  from.setEncoding('utf8')
  from.on('data', (text: string) => {
    const lines = (unfinished + text).split('\n')
    unfinished = lines[lines.length - 1]
    for (const line of lines.slice(0, -1)) to.write(`${line}\n`)
  })
}
