import { z } from 'zod'
import type { NamedExamples } from '../http/document.ts'
import { problemMediaType } from '../http/problem.ts'
import type { ProblemName } from '../http/problems.ts'
import { problems } from '../http/problems.ts'
import type { ErrorCode } from '../loss/error-codes.ts'
import { errorCodes } from '../loss/error-codes.ts'
import { problemExample } from './problem-examples.ts'

const names = z.array(z.string())
const remedy = z
  .object({
    set: z.record(z.string(), z.unknown()).meta({ description: 'Options to send with these values.' }),
    rename: z.record(z.string(), z.string()).meta({ description: 'Fields to send under another name.' }),
    parse: names.meta({ description: 'Tensors whose strings are numbers, to be sent as numbers.' }),
    transpose: names.meta({ description: 'Tensors to send with rows and columns exchanged.' }),
    flatten: names.meta({ description: 'Tensors of one column or one row to send as a plain list.' }),
    scale: z.record(z.string(), z.number()).meta({ description: 'Factors to multiply a tensor by.' }),
    add: z.record(z.string(), z.number()).meta({ description: 'Numbers to add to a tensor.' }),
    replace: z
      .record(z.string(), z.record(z.string(), z.number()))
      .meta({ description: 'Values of a tensor to replace by others.' }),
    clip: z.record(z.string(), z.array(z.number())).meta({ description: 'Ranges to bring a tensor into.' }),
  })
  .partial()
  .meta({
    id: 'Remedy',
    description:
      'A change of the request that makes it right: it was tried on the data before it was offered. All parts of one remedy are done together.',
    examples: [{ set: { labelFormat: 'one-hot' } }, { scale: { predictions: 0.01 } }],
  })

const listedError = z
  .object({
    pointer: z
      .string()
      .meta({ description: 'JSON Pointer to the place, as a URI fragment.', examples: ['#/labels/3'] }),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).meta({
      description: `What is wrong, in one word. ${Object.entries(errorCodes)
        .map(([code, meaning]) => `\`${code}\`: ${meaning}`)
        .join(' ')}`,
    }),
    detail: z.string().meta({ description: 'What is wrong there and what would fit.' }),
    received: z
      .union([z.string(), z.number(), z.boolean(), z.null()])
      .meta({ description: 'What was found there: a scalar as it is (long text is cut), anything else in words.' }),
    remedies: z
      .array(remedy)
      .optional()
      .meta({ description: 'Changes of the request, each of which makes all of it right.' }),
  })
  .meta({ id: 'ContentError', description: 'One place where the content is invalid.' })

export const problem = z
  .object({
    type: z.string().meta({
      description: 'URL of the explanation of this type.',
      examples: ['http://127.0.0.1:3000/problems/invalid-content'],
    }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What went wrong this time.' }),
    instance: z.string().meta({ description: 'Path of the request.' }),
    requestId: z.string(),
    errors: z.array(listedError).max(20).optional().meta({ description: 'With `invalid-content`: the first errors.' }),
    errorCount: z.int().min(1).optional().meta({ description: 'With `invalid-content`: the true number of errors.' }),
    limit: z.string().optional().meta({ description: 'With `limit-exceeded` and `rate-limited`: name of the limit.' }),
    allowed: z
      .number()
      .optional()
      .meta({ description: 'With `limit-exceeded` and `rate-limited`: the largest value allowed.' }),
    pointer: z.string().optional().meta({ description: 'With `limit-exceeded`: the place, if there is one.' }),
    offset: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'With `malformed-body`: the byte at which reading stopped, from 0.' }),
    looksLike: z
      .string()
      .optional()
      .meta({ description: 'With `malformed-body`: what the body looks like instead, in one word.' }),
    scope: z.string().optional().meta({ description: 'With `forbidden`: the scope that the key lacks.' }),
    line: z.int().min(1).optional().meta({ description: 'In an NDJSON body: the line, from 1.' }),
    accepted: z
      .array(z.string())
      .optional()
      .meta({ description: 'With `unsupported-media-type`: the types accepted.' }),
  })
  .meta({ id: 'Problem', description: 'What went wrong (RFC 9457). GET /problems/{name} explains each type.' })

export interface Answer {
  readonly description: string
  readonly content: Record<string, { readonly schema: z.ZodType; readonly examples?: NamedExamples }>
}

export function answerOf(schema: z.ZodType): Answer {
  return { description: schema.meta()?.description ?? '', content: { 'application/json': { schema } } }
}

const anywhere = [
  'bad-request',
  'request-timeout',
  'expectation-failed',
  'headers-too-large',
  'internal-error',
] as const

/** What an operation with a body can answer before it looks at the content. */
export const bodyProblems = [
  'malformed-body',
  'limit-exceeded',
  'unsupported-media-type',
  'invalid-content',
  'overloaded',
] as const

/** The error answers of an operation by status, with an example of each type: the named ones, and those that every operation has. */
export function problemAnswers(...names: ProblemName[]): Record<string, Answer> {
  return withProblems({}, [...names, ...anywhere])
}

/** The answers of an operation with a verdict: with `failStatus`, what 200 answers may have any status from 400 to 499. */
export function verdictAnswers(schema: z.ZodType, ...names: ProblemName[]): Record<string, Answer> {
  const answer = answerOf(schema)
  const description = 'With `failStatus`: what 200 answers, where the verdict is not `pass`.'
  return withProblems({ 200: answer, '4xx': { ...answer, description } }, [...names, ...anywhere])
}

/** The answers of an operation with further problems among them. */
export function withProblems(given: Record<string, Answer>, names: readonly ProblemName[]): Record<string, Answer> {
  const answers = { ...given }
  for (const name of names) {
    const { status, title, meaning } = problems[name]
    const before = answers[status]
    const said = `${title} (\`${name}\`). ${meaning}`
    const description = before === undefined ? said : `${before.description} Or: ${said}`
    const examples: NamedExamples = {
      ...before?.content[problemMediaType].examples,
      [name]: { summary: title, value: problemExample(name) },
    }
    answers[status] = { description, content: { [problemMediaType]: { schema: problem, examples } } }
  }
  return answers
}
