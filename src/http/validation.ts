import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { withLocation } from '../formats/errors.ts'
import type { ParsedBody } from '../formats/parsed-body.ts'
import { checkValueCount, parsed, validated } from '../formats/schema.ts'
import { InvalidContent, ValidationErrors } from '../loss/validation-errors.ts'
import { fixedLimits } from './limits.ts'

export interface BodySchemas<Options, Batch> {
  readonly options: z.ZodType<Options>
  readonly batch: z.ZodType<Batch>
}

/** Validates parameters and queries with zod; a body is validated where it is read, see `validOptions`. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  if (httpPart === 'body') return () => true
  // most requests have no query: what it means is known before, where it is allowed
  const { data: ofNothing } = schema.safeParse({})
  Object.freeze(ofNothing)
  return (data) => {
    if (ofNothing !== undefined && isEmpty(data)) return { value: ofNothing }
    const errors = new ValidationErrors()
    const value = parsed(schema, data, errors)
    return errors.count === 0 ? { value } : { error: new InvalidContent(errors) }
  }
}

function isEmpty(data: object): boolean {
  for (const name in data) if (Object.hasOwn(data, name)) return false
  return true
}

/** The options of a body. @throws InvalidContent, LimitExceeded, LocatedError */
export function validOptions<Options, Batch>(body: ParsedBody, schemas: BodySchemas<Options, Batch>): Options {
  return withLocation(body.location, () => {
    checkValueCount(body.options, fixedLimits.maxOptionValues)
    const errors = new ValidationErrors()
    const options = parsed(schemas.options, body.options, errors)
    if (errors.count > 0 && body.only !== undefined) parsed(schemas.batch, body.only, errors)
    errors.throwIfAny()
    return options as Options
  })
}

/** A body of one batch as one object. @throws InvalidContent, LimitExceeded */
export function validBody<Output>({ options, only }: ParsedBody, schema: z.ZodType<Output>): Output {
  checkValueCount(options, fixedLimits.maxOptionValues)
  return validated(schema, { ...options, ...only })
}
