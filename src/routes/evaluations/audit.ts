import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { keyIdOf } from '../../access/authenticator.ts'
import type { EvaluationName } from '../../database/store.ts'

const messages = {
  declare: 'an evaluation was declared',
  seal: 'an evaluation was sealed',
  metadata: 'the metadata of an evaluation were changed',
  delete: 'an evaluation was deleted',
  expire: 'an evaluation has expired',
} as const

/** Logs what a client has done to an evaluation. */
export function audit(action: Exclude<keyof typeof messages, 'expire'>, evaluation: string, request: FastifyRequest) {
  const { log, owner, client, headers, ip: address, id: requestId } = request
  const key = client === null ? undefined : keyIdOf(headers.authorization)
  log.info({ audit: action, evaluation, owner: owner || undefined, key, address, requestId }, messages[action])
}

/** Logs what the service has deleted by itself. */
export function auditExpiry(log: FastifyBaseLogger): (expired: EvaluationName) => void {
  return ({ owner, name: evaluation }) =>
    log.info({ audit: 'expire', evaluation, owner: owner || undefined }, messages.expire)
}
