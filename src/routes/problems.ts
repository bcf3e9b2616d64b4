import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { vary } from '../http/constant.ts'
import { baseOf, Problem } from '../http/problem.ts'
import type { ProblemName } from '../http/problems.ts'
import { problems } from '../http/problems.ts'
import { errorCodes } from '../loss/error-codes.ts'
import { problemAnswers } from './answers.ts'
import { languageFor } from './language.ts'
import type { Language } from './pages.ts'
import { problemExample } from './problem-examples.ts'
import type { Description } from './problem-pages.ts'
import { listPage, typePage, wantsHtml } from './problem-pages.ts'

const names = Object.keys(problems) as [ProblemName, ...ProblemName[]]

const problemType = z
  .object({
    type: z.string(),
    status: z.int().min(400).max(599),
    title: z.string(),
    meaning: z.string(),
    remedy: z.string().meta({ description: 'What to change in the request.' }),
    codes: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'With `invalid-content`: what each `code` of `errors` means.' }),
  })
  .meta({ id: 'ProblemType', description: 'Explains a problem type.' })
const problemTypes = z.object({ problems: z.array(problemType) }).meta({ id: 'ProblemTypes' })
const page = z.string().meta({ description: 'The HTML version.' })

const unknownName = `There is no problem type with this name. The types are ${names.join(', ')}.`
const unknownNameExample = { ...problemExample('not-found', [unknownName]), instance: '/problems/typo' }

/** GET /problems and GET /problems/{name}: what each type of problem means, as JSON or for a browser as HTML. */
export async function problemRoutes(app: FastifyInstance): Promise<void> {
  app.get(
    '/problems',
    {
      schema: {
        operationId: 'listProblems',
        tags: ['Service'],
        summary: 'List the problem types',
        description: 'Every `type` an error can have, as JSON, or as HTML for a browser.',
        response: {
          200: { description: 'The problem types.', content: asEither(problemTypes) },
          ...problemAnswers(),
        },
      },
      config: { examples: { answers: { 200: { problems: names.map((name) => describe(name)) } } } },
    },
    async (request, reply) => {
      const types = names.map((name) => describe(name, baseOf(request)))
      return answer(request, reply, { problems: types }, (language) => listPage(types, language))
    },
  )
  app.get<{ Params: { name: string } }>(
    '/problems/:name',
    {
      schema: {
        operationId: 'explainProblem',
        tags: ['Service'],
        summary: 'Explain one problem type',
        description:
          'Explains what the type means and what to change in the request, as JSON, or as HTML for a browser.',
        params: z.object({
          name: z.string().meta({ description: 'Name of the type, the last part of its path.', examples: names }),
        }),
        response: {
          200: { description: 'The problem type.', content: asEither(problemType) },
          ...problemAnswers('not-found'),
        },
      },
      config: { examples: { answers: { 200: describe(names[0]), 404: unknownNameExample } } },
    },
    async (request, reply) => {
      const name = names.find((known) => known === request.params.name)
      if (name === undefined) throw new Problem('not-found', unknownName)
      const type = describe(name, baseOf(request))
      return answer(request, reply, type, (language) => typePage(type, language))
    },
  )
}

function describe(name: ProblemName, base = ''): Description {
  const codes = name === 'invalid-content' ? errorCodes : undefined
  return { type: `${base}/problems/${name}`, ...problems[name], ...(codes && { codes }) }
}

function asEither(schema: z.ZodType) {
  return { 'application/json': { schema }, 'text/html': { schema: page } }
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  body: object,
  asHtml: (language: Language) => string,
): FastifyReply {
  vary(reply, 'accept')
  return wantsHtml(request)
    ? reply.type('text/html; charset=utf-8').send(asHtml(languageFor(request, reply)))
    : reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}
