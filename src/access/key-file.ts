import { setImmediate } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { FileTooLong, readTextFile } from '../runtime/read-file.ts'
import { codeOf, WatchedFiles } from '../runtime/watched-files.ts'
import type { Client, Keys } from './authenticator.ts'
import type { KeyRing } from './keys.ts'
import { KeysUnusable, readKeys } from './keys.ts'

/** About 10,000 keys. */
const mostBytes = 2 ** 21

/** The keys of a file, read again when it changes. */
export class KeyFile implements Keys {
  readonly #path: string
  readonly #log: FastifyBaseLogger
  readonly #watched: WatchedFiles
  readonly #listeners = new Set<() => void>()
  #keys: KeyRing

  private constructor(path: string, keys: KeyRing, log: FastifyBaseLogger, watched: WatchedFiles) {
    this.#path = path
    this.#keys = keys
    this.#log = log
    this.#watched = watched
  }

  /** @throws KeysUnusable for a file that cannot be used */
  static async open(path: string, log: FastifyBaseLogger, everyMilliseconds = 1000): Promise<KeyFile> {
    const watched = await WatchedFiles.at(path)
    const file = new KeyFile(path, await readFileOfKeys(path), log, watched)
    watched.watch(() => file.#readAgain(), everyMilliseconds)
    return file
  }

  find(key: string): Client | undefined {
    return this.#keys.find(key)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#watched.close()
  }

  async #readAgain(): Promise<void> {
    try {
      this.#keys = await readFileOfKeys(this.#path)
      for (const listener of this.#listeners) listener()
      this.#log.info({ keys: this.#keys.size }, 'reloaded the keys')
    } catch (error) {
      const reason = (error as KeysUnusable).message
      this.#log.error({ reason }, 'the key file is invalid; the previous keys remain valid')
    }
  }
}

async function readFileOfKeys(path: string): Promise<KeyRing> {
  let text: string
  try {
    text = await readTextFile(path, mostBytes)
  } catch (error) {
    throw new KeysUnusable(error instanceof FileTooLong ? error.message : `it cannot be read: ${codeOf(error)}`)
  }
  const steps = readKeys(text)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await setImmediate()
  }
}
