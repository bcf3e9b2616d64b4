import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Evaluations, OpenEvaluation } from '../../evaluations/service.ts'
import { fixedLimits } from '../../http/limits.ts'
import { Problem } from '../../http/problem.ts'
import { problemAnswers } from '../answers.ts'
import { entryOf } from './batches.ts'
import { noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, nobody, stateOf } from './found.ts'
import { evaluationParams, eventsQuery } from './schema.ts'

const { maxEventStreams } = fixedLimits

/** A comment keeps proxies from taking a quiet stream for a dead one. */
const quietMilliseconds = 15_000
const batchesPerRead = 200

const eventStream = z.string().meta({
  description:
    'Events `batch` (its `id` is the sequence, its data a BatchEntry) and `status` (data: evaluation, status, batches and the last `sequence`).',
})

const lastEventIdHeader = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'The `id` of the last event that was seen; browsers send it when they connect again.',
  schema: { type: 'integer', minimum: 0 },
}

/** GET /v1/evaluations/{evaluation}/events: Server-Sent Events of what comes, from whichever replica. */
export async function eventRoute(
  app: FastifyInstance,
  { evaluations, retentionDays, ending }: EvaluationRouteOptions,
): Promise<void> {
  let open = 0
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof eventsQuery> }>(
    '/v1/evaluations/:evaluation/events',
    {
      schema: {
        operationId: 'watchEvaluation',
        tags: ['Evaluations'],
        summary: 'Watch an evaluation: Server-Sent Events',
        description:
          'Begins with `status`, then goes on with each batch as it is committed. With `after`, or the header Last-Event-ID that browsers send by themselves, it begins with the batches since. A comment comes every 15 s.',
        params: evaluationParams,
        querystring: eventsQuery,
        response: {
          200: { description: 'A stream of events.', content: { 'text/event-stream': { schema: eventStream } } },
          ...problemAnswers('not-found', 'invalid-content', 'overloaded', 'store-unavailable'),
        },
      },
      config: { examples: { parameters: [lastEventIdHeader], answers: { 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async ({ params: { evaluation: name }, query, headers }, reply) => {
      const found = await foundEvaluation(evaluations, name)
      if (open >= maxEventStreams) {
        const detail = `As many streams of events are open as maxEventStreams, ${maxEventStreams}, allows.`
        throw new Problem('overloaded', detail, {}, { 'retry-after': '5' })
      }
      const after = query.after ?? lastEventId(headers['last-event-id']) ?? found.stored.batches
      const stream = Readable.from(eventsOf(evaluations, found, after, retentionDays, ending), { objectMode: false })
      open++
      stream.once('close', () => open--)
      return reply.type('text/event-stream').header('cache-control', 'no-store').send(stream)
    },
  )
}

function lastEventId(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** The text of the events, until the client leaves, the evaluation is deleted or the service ends. */
async function* eventsOf(
  evaluations: Evaluations,
  first: OpenEvaluation,
  after: number,
  retentionDays: number,
  ending: AbortSignal,
): AsyncGenerator<string, void> {
  const changes = new Changes(ending)
  const unsubscribe = evaluations.subscribe(first, () => changes.tell())
  try {
    let last = after
    let status = ''
    for (let found: OpenEvaluation | undefined = first; !ending.aborted; ) {
      if (found === undefined || found.stored.id !== first.stored.id) {
        yield eventText('status', { evaluation: first.stored.name, status: 'deleted' })
        return
      }
      if (found.stored.status !== status) {
        status = found.stored.status
        yield eventText('status', { ...stateOf(found, retentionDays), sequence: found.stored.batches })
      }
      while (last < found.stored.batches) {
        const batches = await evaluations.listBatches(found, { after: last, limit: batchesPerRead })
        if (batches.length === 0) break
        last = batches[batches.length - 1].sequence
        yield batches.map((batch) => eventText('batch', entryOf(batch), batch.sequence)).join('')
      }
      while (!(await changes.wait(quietMilliseconds))) yield ':\n\n'
      found = await evaluations.find(nobody, first.stored.name)
    }
  } finally {
    unsubscribe()
    changes.end()
  }
}

function eventText(type: string, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Whether something has changed since it was last asked. */
class Changes {
  readonly #ending: AbortSignal
  /** At first it is not known. */
  #isChanged = true
  #wake: (() => void) | undefined

  constructor(ending: AbortSignal) {
    this.#ending = ending
    ending.addEventListener('abort', this.tell)
  }

  readonly tell = (): void => {
    this.#isChanged = true
    this.#wake?.()
  }

  /** Waits for a change; false when there is none in time. */
  async wait(milliseconds: number): Promise<boolean> {
    if (!this.#isChanged) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#wake = undefined
    }
    const isChanged = this.#isChanged
    this.#isChanged = false
    return isChanged
  }

  end(): void {
    this.#ending.removeEventListener('abort', this.tell)
    this.#wake?.()
  }
}
