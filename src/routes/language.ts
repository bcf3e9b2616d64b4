import '@fastify/accepts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { vary } from '../http/constant.ts'
import type { Language } from './pages.ts'
import { languages } from './pages.ts'

const offered = Object.keys(languages) as Language[]

/** The language of `?lang`, else the one that the browser likes best, else the first; the answer says that it has it. */
export function languageFor(request: FastifyRequest, reply: FastifyReply): Language {
  const { lang } = request.query as { lang?: unknown }
  const liked = request.accepts().language([...offered]) || offered[0]
  const language = offered.find((each) => each === lang) ?? (liked as Language)
  vary(reply, 'accept-language')
  reply.header('content-language', language)
  return language
}
