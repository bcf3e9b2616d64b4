import fastifyCors from '@fastify/cors'
import fp from 'fastify-plugin'

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const exposedHeaders = [
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
  'x-request-id',
]

/** Lets the pages of these origins call the service: `*`, or a list separated by commas; none when undefined. */
export const cors = fp(
  async (app, { origins }: { readonly origins: string | undefined }) => {
    if (origins !== undefined) await app.register(fastifyCors, { origin: originsOf(origins), methods, exposedHeaders })
  },
  { name: 'cors' },
)

function originsOf(origins: string): string | string[] {
  return origins === '*' ? origins : origins.split(',').map((origin) => origin.trim())
}
