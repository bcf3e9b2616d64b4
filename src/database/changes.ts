export class Changes {
  readonly #listeners = new Map<number, Set<() => void>>()

  /** @returns the function that ends it */
  subscribe(evaluation: number, listener: () => void): () => void {
    const listeners = this.#listeners.get(evaluation) ?? new Set()
    this.#listeners.set(evaluation, listeners)
    // a new function each time, so that one listener may subscribe twice
    const own = () => listener()
    listeners.add(own)
    return () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(evaluation) === listeners) this.#listeners.delete(evaluation)
    }
  }

  /** Calls the listeners of one evaluation, or all without one. */
  emit(evaluation?: number): void {
    const told = evaluation === undefined ? [...this.#listeners.values()] : [this.#listeners.get(evaluation) ?? []]
    for (const listeners of told) for (const listener of [...listeners]) listener()
  }
}
