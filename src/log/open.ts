import { fstatSync } from 'node:fs'
import type { DestinationStream, Logger } from 'pino'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import { fileSink, streamSink } from './sinks.ts'
import { LogWriter } from './writer.ts'

export interface Log {
  readonly logger: Logger
  /** Where its lines go, for those of other processes. */
  readonly destination: DestinationStream
  /** Resolves when all lines are written, or soon when the log does not take them. */
  flush(): Promise<void>
}

/** The log on a standard output: JSON in the background, or text for people when it is a terminal. */
export function openLog(level: string, stdout: NodeJS.WriteStream & { readonly fd: number }): Log {
  if (stdout.isTTY) {
    const destination = pretty()
    return { logger: pino({ level }, destination), destination, flush: () => Promise.resolve() }
  }
  const kind = fstatSync(stdout.fd)
  const isFile = kind.isFile() || kind.isCharacterDevice()
  const writer = new LogWriter(isFile ? fileSink(stdout.fd) : streamSink(stdout, stdout.fd))
  process.on('exit', () => writer.flushNow())
  return { logger: pino({ level }, writer), destination: writer, flush: () => writer.flush() }
}
