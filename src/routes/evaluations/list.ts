import type { FastifyInstance } from 'fastify'
import { EvaluationGone, StoreUnavailable } from '../../database/errors.ts'
import type { Selected } from '../../evaluations/selection.ts'
import { selected } from '../../evaluations/selection.ts'
import type { Figures } from '../../evaluations/service.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { sendJson } from '../../http/send-json.ts'
import { LimitExceeded, refuse } from '../../loss/validation-errors.ts'
import type { Task } from '../../runtime/scheduler.ts'
import { answerOf, problemAnswers } from '../answers.ts'
import { listAnswer, wrongLimit } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { stateOf } from './found.ts'
import { evaluationList } from './schema.ts'
import type { ListQuery, SortKey } from './selection-schema.ts'
import { listQuery, metadataIn, metadataParameter } from './selection-schema.ts'

const { maxSortedEvaluations } = fixedLimits

interface Page {
  readonly shown: readonly Selected[]
  readonly next: string | undefined
}

/** GET /v1/evaluations. */
export async function listRoute(
  app: FastifyInstance,
  { evaluations, retentionDays }: EvaluationRouteOptions,
): Promise<void> {
  app.get<{ Querystring: ListQuery }>(
    '/v1/evaluations',
    {
      schema: {
        operationId: 'listEvaluations',
        tags: ['Evaluations'],
        summary: 'List evaluations',
        description:
          'Newest first, or sorted by a value, each with its results. If one cannot be read, the others are still listed, and the unreadable one is listed separately.',
        querystring: listQuery,
        response: {
          200: answerOf(evaluationList),
          ...problemAnswers('invalid-content', 'limit-exceeded', 'store-unavailable'),
        },
      },
      config: { examples: { parameters: [metadataParameter], answers: { 200: listAnswer, 422: wrongLimit } } },
    },
    async ({ query, owner, work, id }, reply) => {
      const figuresOf = ({ open }: Selected) => evaluations.figures(open(), work.task)
      const { shown, next } =
        query.sort === undefined
          ? await newest(pagesOf(query, owner, work.task), query.limit)
          : await sorted(pagesOf(query, owner, work.task), query, figuresOf, work)
      const entries: object[] = []
      const unreadable: object[] = []
      for (const each of shown) {
        if (work.task.isDue) await work.task.pause()
        const figures = await readable(() => figuresOf(each))
        if (typeof figures === 'string') unreadable.push({ evaluation: each.stored.name, detail: figures })
        else if (figures !== undefined) entries.push({ ...stateOf(each.open(), retentionDays), ...figures })
      }
      const answer = unreadable.length > 0 ? { evaluations: entries, unreadable } : { evaluations: entries }
      return sendJson(reply, work.task, { ...answer, next, requestId: id })
    },
  )

  function pagesOf(query: ListQuery, owner: string, task: Task): AsyncIterable<readonly Selected[]> {
    const before = query.sort === undefined ? idAfter(query.after) : undefined
    const pageRows = Object.keys(metadataIn(query)).length === 0 ? query.limit + 1 : undefined
    const selection = { prefix: query.prefix, metadata: metadataIn(query) }
    return selected(evaluations, owner, selection, task, before, query.sort === undefined ? pageRows : undefined)
  }
}

function idAfter(after: string | undefined): number | undefined {
  if (after?.includes('~'))
    refuse(['after'], 'after is of a sorted list; send the sort of that list, too', after, 'not-available')
  return after === undefined ? undefined : Number(after)
}

/** What an evaluation that can be read has; why it cannot be read; or undefined if it was deleted meanwhile. */
async function readable<Result>(read: () => Promise<Result>): Promise<Result | string | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof EvaluationGone) return undefined
    if (!(error instanceof StoreUnavailable) || !error.isOfOne) throw error
    return error.message
  }
}

async function newest(pages: AsyncIterable<readonly Selected[]>, limit: number): Promise<Page> {
  const found: Selected[] = []
  for await (const page of pages) {
    found.push(...page.slice(0, limit + 1 - found.length))
    if (found.length > limit) break
  }
  const shown = found.slice(0, limit)
  return { shown, next: found.length > limit ? String(shown[limit - 1].stored.id) : undefined }
}

/** The place of an evaluation in an order. */
interface Place {
  readonly value: number | null
  readonly id: number
}

/** Of all that fit those after a place, as many as a page has; only these are held. */
async function sorted(
  pages: AsyncIterable<readonly Selected[]>,
  { sort = 'createdAt', after, limit }: ListQuery,
  figuresOf: (evaluation: Selected) => Promise<Figures>,
  { task }: RequestContext,
): Promise<Page> {
  const begin = after === undefined ? undefined : placeOf(after)
  const isDescending = sort.startsWith('-')
  const key = (isDescending ? sort.slice(1) : sort) as SortKey
  const compare = (a: Place, b: Place) => compareValues(a.value, b.value, isDescending) || b.id - a.id
  let best: (Place & { readonly evaluation: Selected })[] = []
  let count = 0
  for await (const page of pages) {
    count += page.length
    if (count > maxSortedEvaluations) throw tooMany()
    for (const evaluation of page) {
      if (task.isDue) await task.pause()
      const { stored } = evaluation
      const figures = key === 'loss' || key === 'accuracy' ? await readable(() => figuresOf(evaluation)) : undefined
      // what cannot be read has no figures
      const value =
        key === 'loss' || key === 'accuracy' ? (typeof figures === 'object' ? figures[key] : null) : stored[key]
      const place = { value, id: stored.id, evaluation }
      if (begin === undefined || compare(place, begin) > 0) best.push(place)
    }
    best = best.sort(compare).slice(0, limit + 1)
  }
  const shown = best.slice(0, limit)
  const { value, id } = shown[shown.length - 1] ?? {}
  return {
    shown: shown.map(({ evaluation }) => evaluation),
    // a plus would be a space in a query
    next: best.length > limit ? `${String(value).replace('+', '')}~${id}` : undefined,
  }
}

function placeOf(after: string): Place {
  const [value, id] = after.split('~')
  if (id === undefined) {
    const detail = 'after is of a list in another order; it must be the `next` of a page with this sort'
    return refuse(['after'], detail, after, 'malformed')
  }
  return { value: value === 'null' ? null : Number(value), id: Number(id) }
}

function compareValues(a: number | null, b: number | null, isDescending: boolean): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null)
  return isDescending ? b - a : a - b
}

function tooMany(): LimitExceeded {
  const detail = `More evaluations fit than maxSortedEvaluations, ${maxSortedEvaluations}, allows. Narrow them by prefix or metadata.KEY=VALUE.`
  return new LimitExceeded('maxSortedEvaluations', maxSortedEvaluations, [], detail)
}
