import type { FastifyReply } from 'fastify'
import { refuse } from '../../loss/validation-errors.ts'
import type { Verdict } from '../../loss/verdict.ts'
import type { VerdictQuery } from './schema.ts'

/** A gate without requirements would let everything pass. @throws InvalidContent */
export function checkFailStatus({ failStatus }: VerdictQuery, require: unknown): void {
  if (failStatus === undefined || require !== undefined) return
  refuse(['failStatus'], 'failStatus has no effect without require', failStatus, 'no-effect')
}

export function setStatus(reply: FastifyReply, { failStatus }: VerdictQuery, { result }: Verdict): void {
  if (failStatus !== undefined && result !== 'pass') reply.code(failStatus)
}
