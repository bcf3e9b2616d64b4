import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { GroupOfRows } from '../../evaluations/curve.ts'
import type { OpenEvaluation } from '../../evaluations/open-evaluation.ts'
import type { Evaluations } from '../../evaluations/service.ts'
import { askAgain, vary } from '../../http/constant.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { namesTag } from '../../http/tags.ts'
import type { Answer } from '../../loss/evaluation.ts'
import { answerBytesOf, answerOf } from '../../loss/evaluation.ts'
import { keyText } from '../../loss/groups/partition.ts'
import { emptyState } from '../../loss/state.ts'
import { refuse } from '../../loss/validation-errors.ts'
import { valueAt } from '../../loss/verdict.ts'
import { quoted } from '../../loss/words.ts'
import { problemAnswers } from '../answers.ts'
import { checkFigure } from '../require/check.ts'
import { groupOf } from './curve.ts'
import { noEvaluationAnswer, wrongName } from './examples.ts'
import type { EvaluationRouteOptions } from './found.ts'
import { foundEvaluation, noEvaluation, tagOf, tallyOf } from './found.ts'
import { evaluationParams, imageQuery, sparklineQuery } from './schema.ts'
import { badgeOf, imagePolicy, sparklineOf } from './svg.ts'

type Query = z.output<typeof imageQuery>

interface Route<Queried> {
  Params: z.infer<typeof evaluationParams>
  Querystring: Queried
}

const sparklinePoints = 60

const ofAccess =
  'It is a static SVG without scripts, in the colours of light and dark schemes. It needs a key with the scope `read`, or none if the evaluation was declared with `badge: "public"`: then it can be shown by any page. With `ETag` and `If-None-Match`, an unchanged image is not sent again (304).'

const schema = {
  tags: ['Evaluations'],
  params: evaluationParams,
  response: {
    200: { description: 'An image.', content: { 'image/svg+xml': { schema: z.string() } } },
    ...problemAnswers('not-found', 'invalid-content', 'limit-exceeded', 'overloaded', 'store-unavailable'),
  },
}
const config = { examples: { answers: { 404: noEvaluationAnswer, 422: wrongName } } }

/** GET /v1/evaluations/{evaluation}/badge.svg and /sparkline.svg. */
export async function imageRoutes(app: FastifyInstance, { evaluations }: EvaluationRouteOptions): Promise<void> {
  app.get<Route<Query>>(
    '/v1/evaluations/:evaluation/badge.svg',
    {
      schema: {
        ...schema,
        operationId: 'drawBadge',
        summary: 'Draw a badge of an evaluation',
        description: `One figure over all batches, with its name. ${ofAccess}`,
        querystring: imageQuery,
      },
      config,
    },
    async (request, reply) => {
      const { query, work } = request
      const { figure, label } = query
      const { found, group } = await prepared(evaluations, request)
      if (isUnchanged(request, reply, found)) return reply.code(304).send()
      work.task.start()
      const answer = await answerOver(evaluations, found, group, work)
      const value = valueAt(answer, figure)
      if (value === undefined)
        refuse(['figure'], `figure is ${quoted(figure)}, which is not in this report`, figure, 'not-available')
      return reply.type('image/svg+xml').send(badgeOf(label ?? figure, said(value, figure, answer)))
    },
  )

  app.get<Route<z.output<typeof sparklineQuery>>>(
    '/v1/evaluations/:evaluation/sparkline.svg',
    {
      schema: {
        ...schema,
        operationId: 'drawSparkline',
        summary: 'Draw the learning curve of an evaluation as a sparkline',
        description: `The loss or the accuracy of consecutive batches, in at most ${sparklinePoints} points, from the lowest to the highest. ${ofAccess}`,
        querystring: sparklineQuery,
      },
      config,
    },
    async (request, reply) => {
      const { query, work } = request
      const { figure, label } = query
      const { found, group } = await prepared(evaluations, request)
      if (isUnchanged(request, reply, found)) return reply.code(304).send()
      work.task.start()
      const points = await evaluations.curve(found, sparklinePoints, work.task, group)
      const last = points.at(-1)
      const value = last === undefined ? '–' : said(last[figure], figure, last)
      const values = points.map((point) => point[figure])
      return reply.type('image/svg+xml').send(sparklineOf(label ?? figure, values, value))
    },
  )
}

interface Prepared {
  readonly found: OpenEvaluation
  readonly group: GroupOfRows | undefined
}

/** @throws InvalidContent, Problem `not-found` */
async function prepared(evaluations: Evaluations, request: FastifyRequest<Route<Query>>): Promise<Prepared> {
  const { params, query, owner, isStranger } = request
  const { evaluation: name } = params
  const isPublic = isStranger || query.owner !== undefined
  const found = isPublic
    ? await foundPublic(evaluations, name, query.owner)
    : await foundEvaluation(evaluations, owner, name)
  const { spec } = found.declared
  checkFigure(query.figure, spec)
  return { found, group: query.group === undefined ? undefined : groupOf(query.group, spec) }
}

/** What is not public is as if it were not there. @throws InvalidContent, Problem `not-found` */
async function foundPublic(evaluations: Evaluations, name: string, owner: string | undefined): Promise<OpenEvaluation> {
  const [found, another] = await evaluations.findPublic(name, owner, 2)
  if (found === undefined) throw noEvaluation(name)
  if (another !== undefined) {
    const detail = `owner is missing; more than one owner has a public evaluation ${quoted(name)}`
    refuse(['owner'], detail, undefined, 'missing')
  }
  return found
}

/** Sets the headers of an image, which are those of 304, too. */
function isUnchanged({ headers }: FastifyRequest, reply: FastifyReply, found: OpenEvaluation): boolean {
  const tag = tagOf(found, found.stored)
  vary(reply, 'authorization')
  reply.header('etag', tag).header('cache-control', askAgain).header('content-security-policy', imagePolicy)
  // other sites may show what is public
  if (found.declared.badge === 'public') reply.header('cross-origin-resource-policy', 'cross-origin')
  const seen = headers['if-none-match']
  return seen !== undefined && namesTag(seen, tag)
}

/** The report of all rows, or of those of a group; it does not have the groups. */
function answerOver(
  evaluations: Evaluations,
  found: OpenEvaluation,
  group: GroupOfRows | undefined,
  { task, memory }: RequestContext,
): Promise<Answer> {
  const { outputs } = found.declared
  const spec = { ...found.declared.spec, groupBy: undefined }
  memory.reserve(answerBytesOf(spec, { samples: 0, outputs }, fixedLimits))
  return evaluations.report(found, task, (total) => {
    const rows =
      group === undefined ? total : (total.groups[group.grouping].get(keyText(group.key)) ?? emptyState(spec))
    return task.run(answerOf({ spec, sections: rows.sections, groups: [], tally: tallyOf(rows.tally, outputs) }))
  })
}

function said(value: unknown, figure: string, { lossStatus }: { readonly lossStatus: string }): string {
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)))
  return figure === 'loss' && lossStatus === 'infinite' ? '∞' : '–'
}
