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
    set: z.record(z.string(), z.unknown()).meta({ description: 'Options to set to these values.' }),
    rename: z.record(z.string(), z.string()).meta({ description: 'Fields to rename.' }),
    parse: names.meta({ description: 'Tensors of strings that are to be sent as numbers.' }),
    transpose: names.meta({ description: 'Tensors to transpose.' }),
    flatten: names.meta({ description: 'Tensors with one column or one row to send as a flat list.' }),
    scale: z.record(z.string(), z.number()).meta({ description: 'Factors by which to multiply a tensor.' }),
    add: z.record(z.string(), z.number()).meta({ description: 'Numbers to add to each element of a tensor.' }),
    replace: z
      .record(z.string(), z.record(z.string(), z.union([z.number(), z.string()])))
      .meta({ description: 'Values to replace in a tensor: numbers, or names of classes.' }),
    clip: z
      .record(z.string(), z.array(z.number()))
      .meta({ description: 'Ranges to which to limit the elements of a tensor.' }),
  })
  .partial()
  .meta({
    id: 'Remedy',
    description:
      'A change to the request that makes it valid; it was tested on the data before it was offered. Apply all fields of a remedy together.',
    examples: [{ set: { labelFormat: 'one-hot' } }, { scale: { predictions: 0.01 } }],
  })

const listedError = z
  .object({
    pointer: z
      .string()
      .meta({ description: 'JSON Pointer to the location, as a URI fragment.', examples: ['#/labels/3'] }),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).meta({
      description: `What is wrong, as a stable code. ${Object.entries(errorCodes)
        .map(([code, meaning]) => `\`${code}\`: ${meaning}`)
        .join(' ')}`,
    }),
    detail: z.string().meta({ description: 'What is wrong there and what would be right, as a sentence.' }),
    received: z.union([z.string(), z.number(), z.boolean(), z.null()]).meta({
      description:
        'The value at this location: a scalar as it is (long text is shortened), anything else described in words.',
    }),
    remedies: z
      .array(remedy)
      .optional()
      .meta({ description: 'Changes to the request, each of which makes the whole request valid.' }),
  })
  .meta({ id: 'ContentError', description: 'One location at which the content is invalid.' })

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
    errorCount: z.int().min(1).optional().meta({ description: 'With `invalid-content`: the total number of errors.' }),
    limit: z.string().optional().meta({ description: 'With `limit-exceeded` and `rate-limited`: name of the limit.' }),
    allowed: z
      .number()
      .optional()
      .meta({ description: 'With `limit-exceeded` and `rate-limited`: the largest value allowed.' }),
    pointer: z
      .string()
      .optional()
      .meta({ description: 'With `limit-exceeded`: JSON Pointer to the location, if there is one.' }),
    offset: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'With `malformed-body`: the offset, from 0, of the byte at which reading stopped.' }),
    looksLike: z
      .string()
      .optional()
      .meta({ description: 'With `malformed-body`: what the body appears to be instead.' }),
    scope: z.string().optional().meta({ description: 'With `forbidden`: the scope that the key lacks.' }),
    line: z.int().min(1).optional().meta({ description: 'In an NDJSON body: the line number, from 1.' }),
    refused: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'If every line of an NDJSON body was refused: the number of lines.' }),
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
