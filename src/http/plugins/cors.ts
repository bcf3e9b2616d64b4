import fastifyCors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

const exposedHeaders = ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate']

/** Lets the pages of these origins call the service: `*`, or a list parted by commas; none when undefined. */
export async function cors(app: FastifyInstance, origins: string | undefined): Promise<void> {
  if (origins === undefined) return
  await app.register(fastifyCors, { origin: originsOf(origins), exposedHeaders })
}

function originsOf(origins: string): string | string[] {
  return origins === '*' ? origins : origins.split(',').map((origin) => origin.trim())
}
