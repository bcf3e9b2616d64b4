import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { askAgain, constant } from '../http/constant.ts'

const files = {
  'lossmeter.py': { folder: 'python', type: 'text/x-python; charset=utf-8' },
  'lossmeter.js': { folder: 'javascript', type: 'text/javascript; charset=utf-8' },
  'lossmeter.d.ts': { folder: 'javascript', type: 'text/typescript; charset=utf-8' },
} as const

/** GET /clients/{file}: the service's own clients, each one file of the version of the service. */
export async function clientsRoute(app: FastifyInstance): Promise<void> {
  for (const [name, { folder, type }] of Object.entries(files)) {
    const file = constant(type, readFileSync(new URL(`../clients/${folder}/${name}`, import.meta.url)))
    app.get(`/clients/${name}`, { schema: { hide: true } }, async (request, reply) =>
      file.send(request, reply, askAgain),
    )
  }
}
