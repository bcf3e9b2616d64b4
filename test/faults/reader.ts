// A client that asks for reports in the middle of everything, and for what has nothing to do with the store.
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from '../attacks/client.ts'
import type { Choices } from '../fuzz/random.ts'
import type { Ledger } from './ledger.ts'
import { evaluationNames, withoutStore } from './plan.ts'
import type { Replica } from './replica.ts'

const pauseMilliseconds = 50
/** A replica that started in an outage is not ready before it has reached the store. */
const foreseen = [
  'The service is shutting down.',
  'The evaluation store has not been reached since the service started.',
]
/** A report in the middle, of the first so many batches. */
export interface Interim {
  readonly evaluation: string
  readonly batches: number
  readonly report: Record<string, unknown>
}

export class Reader {
  readonly interims: Interim[] = []
  readonly faults: string[] = []
  /** Answers that need no store. */
  others = 0
  readonly #replicas: readonly Replica[]
  readonly #ledger: Ledger
  readonly #choices: Choices
  #isEnded = false
  readonly #done: Promise<void>

  constructor(replicas: readonly Replica[], ledger: Ledger, choices: Choices) {
    this.#replicas = replicas
    this.#ledger = ledger
    this.#choices = choices
    this.#done = this.#read()
  }

  async end(): Promise<void> {
    this.#isEnded = true
    await this.#done
  }

  async #read(): Promise<void> {
    while (!this.#isEnded) {
      const { port } = this.#choices.pick(this.#replicas)
      if (port !== undefined) {
        await this.#askForReport(port)
        await this.#askForOther(port)
      }
      await sleep(pauseMilliseconds)
    }
  }

  async #askForReport(port: number): Promise<void> {
    const evaluation = this.#choices.pick(evaluationNames)
    const acknowledged = this.#ledger.acknowledged(evaluation)
    const reply = await ask(port, { method: 'GET', path: `/v1/evaluations/${evaluation}` })
    // a replica that was killed, or has no database
    if (typeof reply === 'string' || (reply.status === 503 && reply.headers['retry-after'] !== undefined)) return
    if (reply.status !== 200) {
      this.faults.push(`a report was answered with ${reply.status} ${reply.body.slice(0, 300)}`)
      return
    }
    const report = JSON.parse(reply.body) as { batches: number }
    if (report.batches < acknowledged) {
      this.faults.push(`a report of ${evaluation} has ${report.batches} of ${acknowledged} acknowledged batches`)
    }
    this.interims.push({ evaluation, batches: report.batches, report: { ...report } })
  }

  async #askForOther(port: number): Promise<void> {
    const request = this.#choices.pick(withoutStore)
    const reply = await ask(port, request)
    if (typeof reply === 'string') return
    this.others++
    const isForeseen = reply.status === 503 && foreseen.some((detail) => reply.body.includes(detail))
    if (reply.status !== 200 && !isForeseen) {
      this.faults.push(`${request.path ?? '/v1/loss'}: ${reply.status} ${reply.body.slice(0, 300)}`)
    }
  }
}
