import type { FastifyReply } from 'fastify'
import type { Task } from '../runtime/scheduler.ts'
import { jsonText } from './json-text.ts'

/** Sends an answer that may be large: it is written step by step. */
export async function sendJson(reply: FastifyReply, task: Task, answer: object): Promise<FastifyReply> {
  return sendText(reply, await task.runNow(jsonText(answer)))
}

/** Sends JSON that is written out. */
export function sendText(reply: FastifyReply, text: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(text)
}
