import { readFile, stat } from 'node:fs/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Client } from './authenticator.ts'
import type { KeyRing } from './keys.ts'
import { KeysUnusable, readKeys } from './keys.ts'

/** The keys of a file, read again when it changes. */
export class KeyFile {
  readonly #path: string
  readonly #log: FastifyBaseLogger
  readonly #timer: NodeJS.Timeout
  #seen: string
  #keys: KeyRing

  private constructor(path: string, seen: string, keys: KeyRing, log: FastifyBaseLogger, everyMilliseconds: number) {
    this.#path = path
    this.#seen = seen
    this.#keys = keys
    this.#log = log
    // an orchestrator swaps a symbolic link, an editor the file: only a look at what the path leads to sees both
    this.#timer = setInterval(() => void this.#look(), everyMilliseconds).unref()
  }

  /** @throws KeysUnusable for a file that cannot be used */
  static async open(path: string, log: FastifyBaseLogger, everyMilliseconds = 1000): Promise<KeyFile> {
    const seen = await stateOf(path)
    return new KeyFile(path, seen, await readFileOfKeys(path), log, everyMilliseconds)
  }

  find(key: string): Client | undefined {
    return this.#keys.find(key)
  }

  /** Looks no more whether it changes. */
  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    // taken before it is read: what is written meanwhile is seen the next time
    const seen = await stateOf(this.#path)
    if (seen === this.#seen) return
    this.#seen = seen
    try {
      this.#keys = await readFileOfKeys(this.#path)
      this.#log.info({ keys: this.#keys.size }, 'read the keys again')
    } catch (error) {
      const reason = (error as KeysUnusable).message
      this.#log.error({ reason }, 'the file of keys cannot be used; the keys read before stay in force')
    }
  }
}

/** Another text for each state of a file. */
async function stateOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
    return [dev, ino, size, mtimeNs, ctimeNs].join()
  } catch (error) {
    return codeOf(error)
  }
}

async function readFileOfKeys(path: string): Promise<KeyRing> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    throw new KeysUnusable(`it cannot be read: ${codeOf(error)}`)
  }
  return readKeys(text)
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}
