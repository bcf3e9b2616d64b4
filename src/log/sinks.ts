import { write, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { promisify } from 'node:util'

export interface Sink {
  /** Writes without holding up the caller; rejects when not all could be written. */
  write(bytes: Buffer): Promise<void>
  /** Writes at once as much as is taken without waiting; for the end of the process. */
  writeNow(bytes: Buffer): void
}

const writeAsync = promisify(write)

/** A file, or a device that never keeps its writer waiting; `put` writes some of the bytes. */
export function fileSink(fd: number, put: typeof writeAsync = writeAsync): Sink {
  let isInsideLine = false
  return {
    async write(bytes) {
      // end a line that a full disk has cut off
      const whole = isInsideLine ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes
      for (let from = 0; from < whole.length; ) {
        const { bytesWritten } = await put(fd, whole, from)
        from += bytesWritten
        isInsideLine = from < whole.length
      }
    },
    writeNow: (bytes) => writeAtOnce(fd, bytes),
  }
}

/** A pipe or a socket, whose reader may stall or leave. */
export function streamSink(stream: Writable, fd: number): Sink {
  // each write has its own error
  stream.on('error', () => undefined)
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()))
      }),
    writeNow: (bytes) => writeAtOnce(fd, bytes),
  }
}

function writeAtOnce(fd: number, bytes: Buffer): void {
  try {
    for (let from = 0; from < bytes.length; ) from += writeSync(fd, bytes, from)
  } catch {
    // the log is full, stalled or gone, and cannot be informed
  }
}
