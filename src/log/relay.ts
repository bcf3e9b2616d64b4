import type { Readable } from 'node:stream'
import type { DestinationStream } from 'pino'

/** Forwards whole lines of another process's log. An unfinished last line is dropped. */
export function relayLines(from: Readable, to: DestinationStream): void {
  let unfinished = ''
  from.setEncoding('utf8')
  from.on('data', (text: string) => {
    const lines = (unfinished + text).split('\n')
    unfinished = lines[lines.length - 1]
    for (const line of lines.slice(0, -1)) to.write(`${line}\n`)
  })
}
