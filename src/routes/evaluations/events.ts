import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Head, ReadHead } from '../../database/history.ts'
import type { Batch } from '../../database/store.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { closingProblem } from '../../http/closing-problem.ts'
import { fixedLimits } from '../../http/limits.ts'
import { overloaded } from '../../http/problem.ts'
import type { Task } from '../../runtime/scheduler.ts'
import { clientOf } from '../../wire/table.ts'
import { problemAnswers } from '../answers.ts'
import { entryOf } from './batches.ts'
import { EventStreams } from './event-streams.ts'
import { noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, stateOf } from './found.ts'
import { evaluationParams, eventsQuery } from './schema.ts'

const { maxEventStreams } = fixedLimits

const batchesPerRead = 32
/** So long a stream whose client may no longer read has to end by itself. */
const endMilliseconds = 500

const eventStream = z.string().meta({
  description:
    'Events `batch` (its `id` is the sequence, its data a BatchEntry) and `status` (data: evaluation, status, batches, `createdAt`, which no two runs of one name share, and the last `sequence`).',
})

const lastEventIdHeader = {
  name: 'Last-Event-ID',
  in: 'header',
  description: 'The `id` of the last event received; browsers send it when they reconnect.',
  schema: { type: 'integer', minimum: 0 },
}

/** GET /v1/evaluations/{evaluation}/events: Server-Sent Events, of batches from all replicas. */
export async function eventRoute(
  app: FastifyInstance,
  { evaluations, retentionDays, ending }: EvaluationRouteOptions,
): Promise<void> {
  const streams = new EventStreams(maxEventStreams)
  app.get<{ Params: z.infer<typeof evaluationParams>; Querystring: z.infer<typeof eventsQuery> }>(
    '/v1/evaluations/:evaluation/events',
    {
      schema: {
        operationId: 'watchEvaluation',
        tags: ['Evaluations'],
        summary: 'Watch an evaluation: Server-Sent Events',
        description:
          'The stream begins with `status` and continues with each batch as it is committed. With `after`, or with the header Last-Event-ID that browsers send automatically, it begins with the batches after that sequence (after the larger one, if both are given). A sequence beyond the last batch belongs to an earlier run; in that case `status` has a `detail` that explains this, and all batches follow. Where a later run has as many batches, its `createdAt` in `status` shows that it is another. A comment is sent every 15 s.',
        params: evaluationParams,
        querystring: eventsQuery,
        response: {
          200: { description: 'An event stream.', content: { 'text/event-stream': { schema: eventStream } } },
          ...problemAnswers('not-found', 'invalid-content', 'overloaded', 'store-unavailable'),
        },
      },
      config: { examples: { parameters: [lastEventIdHeader], answers: { 404: noEvaluationAnswer, 422: wrongName } } },
    },
    async (request, reply) => {
      const { params, query, headers, owner, ip } = request
      const { evaluation: name } = params
      const found = await foundEvaluation(evaluations, owner, name)
      // a stream that begins now would not be ended
      if (ending.aborted) throw closingProblem
      const address = clientOf(ip)
      if (!streams.hasRoom(owner, address)) {
        const detail = `The limit of maxEventStreams, ${maxEventStreams}, open event streams is reached.`
        throw overloaded(detail, 5, 'maxEventStreams')
      }
      const after = begin(query.after, lastEventId(headers['last-event-id'])) ?? found.stored.batches
      const changes = new Changes()
      const end = () => changes.end()
      ending.addEventListener('abort', end)
      let cutting: NodeJS.Timeout | undefined
      const unwatch = app.watchAccess?.(request, () => {
        end()
        // one whose reader is slow does not end by itself
        cutting ??= setTimeout(() => reply.raw.destroy(), endMilliseconds).unref()
      })
      const close = streams.open(owner, address, () => reply.raw.destroy())
      // a waiting generator does not notice that its reader has left
      reply.raw.once('close', () => {
        close()
        unwatch?.()
        clearTimeout(cutting)
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

/** A browser that connects again sends the `after` of its first request, too. */
function begin(after: number | undefined, lastId: number | undefined): number | undefined {
  return after === undefined || lastId === undefined ? (after ?? lastId) : Math.max(after, lastId)
}

function lastEventId(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

/** The text of the events, until the evaluation is deleted or the changes end; `task` has its turn for each page of batches. */
export async function* eventsOf(
  evaluations: Pick<Evaluations, 'find' | 'listBatches' | 'subscribe'>,
  first: OpenEvaluation,
  begun: number,
  retentionDays: number,
  changes: Changes,
  task: Pick<Task, 'isDue' | 'pause' | 'stop'>,
): AsyncGenerator<string, void> {
  const unsubscribe = evaluations.subscribe(first, () => changes.tell())
  try {
    const isFormer = begun > first.stored.batches
    const after = isFormer ? 0 : begun
    let last: ReadHead = { batches: after }
    let status = ''
    let detail = isFormer ? formerRun(begun, first.stored.batches) : undefined
    for (let found: OpenEvaluation | undefined = first; !changes.isEnded; ) {
      if (found === undefined || found.stored.incarnation !== first.stored.incarnation) {
        // an empty id: what the client has seen is of no use to it in a later run
        yield eventText('status', { evaluation: first.stored.name, status: 'deleted' }, '')
        return
      }
      if (!isBefore(last, found.stored)) {
        // the store was put back to an earlier state
        last = { batches: Math.min(after, found.stored.batches) }
        status = ''
      }
      if (found.stored.status !== status) {
        status = found.stored.status
        yield eventText('status', { ...stateOf(found, retentionDays), sequence: found.stored.batches, detail })
        detail = undefined
      }
      while (last.batches < found.stored.batches && !changes.isEnded) {
        const batches = await batchesAfter(evaluations, found, last)
        if (batches === undefined) {
          last = beyond
          changes.tell()
          break
        }
        if (batches.length === 0) break
        const { sequence, digest } = batches[batches.length - 1]
        last = { batches: sequence, digest }
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

function formerRun(seen: number, batches: number): string {
  return `Batch ${seen} belongs to an earlier run: this one has ${batches} batches so far, which are sent from the first one.`
}

/** Comes before no head. */
const beyond: ReadHead = { batches: Number.POSITIVE_INFINITY }

/** Whether an evaluation has at least the batches of a head, as far as its own head says. */
function isBefore(head: ReadHead, { batches, digest }: Head): boolean {
  if (head.batches !== batches) return head.batches < batches
  return head.digest === undefined || head.digest === digest
}

/** Some batches after a head; undefined if the batches up to the head are no longer those of the store. */
async function batchesAfter(
  evaluations: Pick<Evaluations, 'listBatches'>,
  found: OpenEvaluation,
  { batches, digest }: ReadHead,
): Promise<readonly Batch[] | undefined> {
  if (batches === 0 || digest === undefined) {
    return evaluations.listBatches(found, { after: batches, limit: batchesPerRead })
  }
  const [last, ...next] = await evaluations.listBatches(found, { after: batches - 1, limit: batchesPerRead + 1 })
  return last?.digest === digest ? next : undefined
}

function eventText(type: string, data: object, id?: number | ''): string {
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
