/** Declares evaluations and sends batches, as a training would. */
export class Trainer {
  readonly #base: string
  readonly #headers: Record<string, string>

  constructor(origin: string, headers: Record<string, string> = {}) {
    this.#base = `${origin}/v1/evaluations`
    this.#headers = { 'content-type': 'application/json', ...headers }
  }

  async declare(name: string, more: object = {}): Promise<void> {
    await this.#send('PUT', name, {
      loss: 'cross-entropy',
      labelFormat: 'index',
      predictionFormat: 'logits',
      outputs: 3,
      ...more,
    })
  }

  /** Batches `from` to `to`, whose losses fall; the greater `rate`, the faster. */
  async train(name: string, from: number, to: number, rate = 0.1): Promise<void> {
    for (let step = from; step <= to; step++) await this.#send('PUT', `${name}/batches/step-${step}`, rows(step, rate))
  }

  /** One of these batches, with what more it has. */
  async batch(name: string, step: number, more: object): Promise<void> {
    await this.#send('PUT', `${name}/batches/step-${step}`, { ...rows(step, 0.1), ...more })
  }

  async answer<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.#base}/${path}`, { headers: this.#headers })
    return (await response.json()) as Answer
  }

  async #send(method: string, path: string, body: object): Promise<void> {
    const request = { method, headers: this.#headers, body: JSON.stringify(body) }
    const response = await fetch(`${this.#base}/${path}`, request)
    if (!response.ok) throw new Error(await response.text())
  }
}

/** Four rows of three classes; the model is surer of the label with every step, and of one row it is wrong at first. */
function rows(step: number, rate: number) {
  const sure = 3 * (1 - Math.exp(-step * rate))
  const labels = [0, 1, 2, step % 3]
  const predictions = labels.map((label, row) =>
    [0, 1, 2].map((output) => (output === label ? sure : Math.sin(7 * step + 3 * row + output))),
  )
  return { predictions, labels }
}
