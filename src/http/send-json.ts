import type { FastifyReply } from 'fastify'
import type { Task } from '../runtime/scheduler.ts'
import { jsonText, payloadOf } from './json-text.ts'

/** Sends an answer that may be large: it is written step by step. */
export async function sendJson(reply: FastifyReply, task: Task, answer: object): Promise<FastifyReply> {
  return sendPayload(reply, await task.runNow(jsonPayload(answer)))
}

function* jsonPayload(answer: object): Generator<void, string | Buffer> {
  return yield* payloadOf(yield* jsonText(answer))
}

/** Sends JSON that is written out. */
export function sendPayload(reply: FastifyReply, payload: string | Buffer): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(payload)
}
