import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { constant } from './constant.ts'

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 40"><path d="M4 4C6 26 14 33 36 36" fill="none" stroke="#7bd88f" stroke-width="4" stroke-linecap="round"/><text x="44" y="27" font-family="sans-serif" font-size="20" fill="#fff">lossmeter</text></svg>`

const viewport = '<meta name="viewport" content="width=device-width, initial-scale=1">'

const files = {
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'swagger-ui-standalone-preset.js': 'text/javascript; charset=utf-8',
  'swagger-ui.css': 'text/css; charset=utf-8',
}

/** Serves Swagger UI at /docs, also for narrow windows, its large files compressed. */
export async function registerSwaggerUi(app: FastifyInstance): Promise<void> {
  const folder = createRequire(import.meta.url)
    .resolve('@fastify/swagger-ui')
    .replace(/index\.js$/, 'static/')
  for (const [name, type] of Object.entries(files)) {
    const file = constant(type, readFileSync(folder + name))
    app.get(`/docs/static/${name}`, { schema: { hide: true } }, async (request, reply) =>
      file.send(request, reply, 'public, max-age=86400'),
    )
  }
  await app.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      // JSON is YAML, too
      if (['/docs/json', '/docs/yaml'].includes(request.routeOptions.url ?? '')) return reply.redirect('/openapi.json')
    })
    scope.addHook('onSend', async (_request, _reply, payload) =>
      typeof payload === 'string'
        ? payload
            .replace('<meta charset', `${viewport}\n<meta charset`)
            // it looks for the document below the address of the page, which may have a query
            .replace("split('#', 1)", 'split(/[?#]/, 1)')
        : payload,
    )
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: {
        tryItOutEnabled: true,
        displayRequestDuration: true,
        docExpansion: 'list',
        deepLinking: true,
        defaultModelsExpandDepth: 0,
        plugins: [showLines, chooseMember, leaveOutLogo],
      },
      theme: {
        title: 'lossmeter',
        css: [{ filename: 'docs.css', content: readFileSync(new URL('swagger-ui.css', import.meta.url), 'utf8') }],
      },
      logo: { type: 'image/svg+xml', content: logo, href: `${app.basePath}/`, target: '_self' },
    })
  })
}

/* c8 ignore start -- what follows runs in browsers: test/system/swagger-ui.test.ts */

interface SwaggerUi {
  fn: { getSampleSchema(schema: unknown, type: string, ...others: unknown[]): string }
}

/** Runs in the browser: Swagger UI would write the example of NDJSON as one JSON string. */
export const showLines = () => ({
  afterLoad({ fn }: SwaggerUi) {
    const sampleOf = fn.getSampleSchema
    fn.getSampleSchema = (schema, type, ...others) => {
      const sample = sampleOf(schema, type, ...others)
      return type === 'application/x-ndjson' ? JSON.parse(sample) : sample
    }
  },
})

/** Runs in the browser: the logo of Swagger UI, which ours replaces, would bring a style that our policy forbids. */
export const leaveOutLogo = () => ({ components: { Logo: () => null } })

interface Schema {
  readonly title?: string
  readonly oneOf?: readonly Schema[]
  readonly discriminator?: { readonly propertyName: string }
}
interface SchemaProps {
  readonly schema: Schema
}
type Component = (props: SchemaProps) => unknown
interface Choosing {
  readonly React: {
    createElement(type: unknown, props: object | null, ...children: unknown[]): unknown
    useState<State>(initial: State): [State, (next: State) => void]
  }
  getSystem(): { fn: { jsonSchema202012: { useComponent(name: string): Component } } }
}

/** Runs in the browser: Swagger UI would list the schemas of all losses, one inside the other. A list to choose from shows one. */
export const chooseMember = ({ React, getSystem }: Choosing) => {
  const h = React.createElement
  const Chosen = ({ schema: { oneOf = [], discriminator } }: SchemaProps) => {
    const [at, choose] = React.useState(0)
    const { useComponent } = getSystem().fn.jsonSchema202012
    const onChange = (event: { target: { value: string } }) => choose(Number(event.target.value))
    const options = oneOf.map(({ title }, value) => h('option', { key: value, value }, title))
    return h(
      'div',
      { className: 'one-of' },
      h('label', null, discriminator?.propertyName, ' ', h('select', { value: at, onChange }, options)),
      h(useComponent('KeywordDescription'), { schema: oneOf[at] }),
      h(useComponent('KeywordProperties'), { schema: oneOf[at] }),
    )
  }
  return {
    wrapComponents: {
      JSONSchema202012KeywordOneOf: (Union: Component) => (props: SchemaProps) =>
        h(props.schema.discriminator === undefined ? Union : Chosen, props),
    },
  }
}
