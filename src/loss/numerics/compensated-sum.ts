/** A sum of doubles that keeps what rounding cuts off (Neumaier 1974): its error does not grow with the number of terms. */
export class CompensatedSum {
  #sum = 0
  #rest = 0

  add(term: number): void {
    const sum = this.#sum + term
    this.#rest += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum
    this.#sum = sum
  }

  get value(): number {
    return this.#sum + this.#rest
  }

  clear(): void {
    this.#sum = 0
    this.#rest = 0
  }
}
