import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { anonymous } from '../../access/authenticator.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { closingProblem } from '../../http/closing-problem.ts'
import { fixedLimits } from '../../http/limits.ts'
import { overloaded } from '../../http/problem.ts'
import type { Task } from '../../runtime/scheduler.ts'
import { problemAnswers } from '../answers.ts'
import { entryOf } from './batches.ts'
import { noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, stateOf } from './found.ts'
import { evaluationParams, eventsQuery } from './schema.ts'

const { maxEventStreams } = fixedLimits

const batchesPerRead = 32

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

/** GET /v1/evaluations/{evaluation}/events: Server-Sent Events, of batches from all replicas. */
export async function eventRoute(
  app: FastifyInstance,
  { evaluations, retentionDays, ending }: EvaluationRouteOptions,
): Promise<void> {
  let open = 0
  const openOf = new Map<string, number>()
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
    async ({ params: { evaluation: name }, query, headers, owner }, reply) => {
      const found = await foundEvaluation(evaluations, owner, name)
      // a stream that begins now would not be ended
      if (ending.aborted) throw closingProblem
      const most = owner === anonymous ? maxEventStreams : maxEventStreams / 2
      const own = openOf.get(owner) ?? 0
      if (open >= maxEventStreams || own >= most) {
        const detail = `As many streams of events are open as maxEventStreams, ${maxEventStreams}, allows.`
        throw overloaded(detail, 5, 'maxEventStreams')
      }
      const after = query.after ?? lastEventId(headers['last-event-id']) ?? found.stored.batches
      const changes = new Changes()
      const end = () => changes.end()
      ending.addEventListener('abort', end)
      open++
      openOf.set(owner, own + 1)
      // a waiting generator does not notice that its reader has left
      reply.raw.once('close', () => {
        open--
        leaveOne(openOf, owner)
        ending.removeEventListener('abort', end)
        end()
      })
      // a stream may compute for as long as it lasts
      const task = app.resources.scheduler.task(Number.POSITIVE_INFINITY, Error, owner)
      const events = eventsOf(evaluations, found, after, retentionDays, changes, task)
      const stream = Readable.from(events, { objectMode: false })
      // or nginx buffers events
      reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      return reply.type('text/event-stream').send(stream)
    },
  )
}

function leaveOne(openOf: Map<string, number>, owner: string): void {
  const left = Number(openOf.get(owner)) - 1
  if (left === 0) openOf.delete(owner)
  else openOf.set(owner, left)
}

function lastEventId(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** The text of the events, until the evaluation is deleted or the changes end; `task` has its turn for each page of batches. */
export async function* eventsOf(
  evaluations: Pick<Evaluations, 'find' | 'listBatches' | 'subscribe'>,
  first: OpenEvaluation,
  after: number,
  retentionDays: number,
  changes: Changes,
  task: Pick<Task, 'isDue' | 'pause' | 'stop'>,
): AsyncGenerator<string, void> {
  const unsubscribe = evaluations.subscribe(first, () => changes.tell())
  try {
    let last = after
    let status = ''
    for (let found: OpenEvaluation | undefined = first; !changes.isEnded; ) {
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
        if (task.isDue) await task.pause()
        const text = batches.map((batch) => eventText('batch', entryOf(batch), batch.sequence)).join('')
        task.stop()
        yield text
      }
      while (!(await changes.wait())) yield ':\n\n'
      found = await evaluations.find(first.stored.owner, first.stored.name)
    }
  } finally {
    unsubscribe()
  }
}

function eventText(type: string, data: object, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

/** Waits for changes, which are coalesced. */
export class Changes {
  readonly #quietMilliseconds: number
  #isChanged = true
  #wake: (() => void) | undefined
  #isEnded = false

  constructor(quietMilliseconds = 15_000) {
    this.#quietMilliseconds = quietMilliseconds
  }

  get isEnded(): boolean {
    return this.#isEnded
  }

  tell(): void {
    this.#isChanged = true
    this.#wake?.()
  }

  end(): void {
    this.#isEnded = true
    this.tell()
  }

  /** Waits for a change or the end. @returns false after a quiet while: a comment then keeps proxies from closing the stream */
  async wait(): Promise<boolean> {
    if (!this.#isChanged) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#quietMilliseconds)
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
}
