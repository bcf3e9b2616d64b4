import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { longestTurn } from './turns.ts'

/** Milliseconds of processor time. */
const mostOfATurn = 40
/** What a collection, a compilation or the counting of coverage adds does not come back each time. */
const repeats = 4

const mostOfAPiece = 65_536

interface Watched {
  readonly options: InjectOptions
  /** The least that its longest turn took, in milliseconds of processor time. */
  turn: number
}

/** Measures the longest turn of the event loop during each request that tests inject. */
export class TurnProbe {
  readonly #findings: string[] = []
  readonly #open = new Set<() => Promise<void>>()

  /** Watches a service until what this returns is called; `again` opens a fresh one like it. */
  watch(app: FastifyInstance, again: () => Promise<FastifyInstance>): () => Promise<void> {
    const requests: Watched[] = []
    const inject = app.inject.bind(app)
    const measured = async (given: InjectOptions | string) => {
      const options = typeof given === 'string' ? { url: given } : given
      // such a body cannot be sent again
      if (options.payload instanceof Readable) return inject(options)
      const watched: Watched = { options, turn: 0 }
      requests.push(watched)
      let response: LightMyRequestResponse | undefined
      watched.turn = await longestTurn(async () => {
        response = await inject(options)
      })
      return response
    }
    app.inject = measured as FastifyInstance['inject']
    const end = async () => {
      this.#open.delete(end)
      this.#findings.push(...(await confirmed(requests.splice(0), again)))
    }
    this.#open.add(end)
    return end
  }

  /** The requests of turns that are too long; every service is watched no longer. */
  async longTurns(): Promise<readonly string[]> {
    for (const end of this.#open) await end()
    return this.#findings
  }
}

/** Those whose turns are too long again and again: each time all of them are sent to a fresh service, up to the last of these. */
async function confirmed(requests: readonly Watched[], again: () => Promise<FastifyInstance>): Promise<string[]> {
  const isLong = ({ turn }: Watched) => turn > mostOfATurn
  for (let repeat = 0; repeat < repeats && requests.some(isLong); repeat++) {
    const app = await again()
    for (const watched of requests.slice(0, requests.findLastIndex(isLong) + 1)) {
      const request = inPieces(watched.options)
      const turn = await longestTurn(() => app.inject(request))
      watched.turn = Math.min(watched.turn, turn)
    }
    await app.close()
  }
  return requests.filter(isLong).map(({ options: { method = 'GET', url, payload }, turn }) => {
    const size = typeof payload === 'object' && !Buffer.isBuffer(payload) ? JSON.stringify(payload) : (payload ?? '')
    return `${method} ${JSON.stringify(url)} of ${size.length} bytes: a turn of ${turn.toFixed(1)} ms`
  })
}

/** A request with its body as a socket gives it; all of it at once would be a long turn of its own. */
function inPieces(options: InjectOptions): InjectOptions {
  const { payload, headers } = options
  if (payload === '' || (typeof payload !== 'string' && !Buffer.isBuffer(payload))) return options
  const bytes = Buffer.from(payload)
  const pieces = async function* () {
    for (let from = 0; from < bytes.length; from += mostOfAPiece) {
      yield bytes.subarray(from, from + mostOfAPiece)
      await nextTurn()
    }
  }
  return { ...options, headers: { 'content-length': `${bytes.length}`, ...headers }, payload: Readable.from(pieces()) }
}
