import { stat } from 'node:fs/promises'

export class WatchedFiles {
  readonly #paths: readonly string[]
  #seen: string
  #timer: NodeJS.Timeout | undefined

  private constructor(paths: readonly string[], seen: string) {
    this.#paths = paths
    this.#seen = seen
  }

  /** Call it before the files are read, so that what is written meanwhile is a change. */
  static async at(...paths: string[]): Promise<WatchedFiles> {
    return new WatchedFiles(paths, await stateOf(paths))
  }

  /** @param changed is called after each change, also when a file has gone; it must not reject */
  watch(changed: () => Promise<void>, everyMilliseconds: number): void {
    // an orchestrator swaps a symbolic link, an editor the file: only a look at what the path leads to sees both
    this.#timer = setInterval(() => void this.#look(changed), everyMilliseconds).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  async #look(changed: () => Promise<void>): Promise<void> {
    const seen = await stateOf(this.#paths)
    if (this.#timer === undefined || seen === this.#seen) return
    this.#seen = seen
    await changed()
  }
}

/** The code of a failure of the file system, such as ENOENT. */
export function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code)
}

async function stateOf(paths: readonly string[]): Promise<string> {
  const states = paths.map(async (path) => {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
      return [dev, ino, size, mtimeNs, ctimeNs].join()
    } catch (error) {
      return codeOf(error)
    }
  })
  return (await Promise.all(states)).join(' ')
}
