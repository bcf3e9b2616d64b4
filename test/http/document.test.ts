import { test } from 'tap'
import { completed } from '../../src/http/document.ts'

const schema = { type: 'object', properties: {} }
const operation = { operationId: 'make', responses: {} }
const none = new Map()

/** A document of these schemas, each of which is referred to. */
function documentOf(schemas: Record<string, object>) {
  const content = Object.fromEntries(
    Object.keys(schemas).map((name) => [name, { schema: { $ref: `#/components/schemas/${name}` } }]),
  )
  return { paths: { '/x': { post: { responses: { 200: { content } } } } }, components: { schemas } }
}

function schemasOf(schemas: Record<string, object>): Record<string, object> {
  return completed(documentOf(schemas), none).components.schemas
}

test('a request gets its examples, other media types, parameters and a word about its body', async (t) => {
  const content = { 'application/json': { schema } }
  const make = { ...operation, requestBody: { content }, responses: { 204: {} } }
  const document = { paths: { '/x': { post: make } }, components: { schemas: {} } }
  const requests = { one: { summary: 'One', value: { a: 1 } } }
  const other = { schema: { type: 'string' } }
  const examples = { body: 'Send a.', parameters: [{ name: 'p' }], requests, mediaTypes: { 'text/x': other } }
  t.same(completed(document, new Map([['make', examples]])).paths['/x'].post, {
    operationId: 'make',
    parameters: [{ name: 'p' }],
    requestBody: {
      content: { 'application/json': { schema, examples: requests }, 'text/x': other },
      description: 'Send a.',
    },
    responses: { 204: {} },
  })
})

test('a request that is no JSON has its media types alone, and parameters besides those of its address', async (t) => {
  const content = { 'application/json': { schema } }
  const make = { ...operation, parameters: [{ name: 'a' }], requestBody: { content } }
  const document = { paths: { '/x': { post: make } }, components: { schemas: {} } }
  const lines = { 'application/x-ndjson': { schema: { type: 'string' } } }
  const examples = { accepts: ['application/x-ndjson'], mediaTypes: lines, parameters: [{ name: 'b' }] }
  const { parameters, requestBody } = completed(document, new Map([['make', examples]])).paths['/x'].post
  t.same(parameters, [{ name: 'a' }, { name: 'b' }])
  t.same(requestBody.content, lines)
})

test('an answer has its example, a problem those of its types, with the path where they have none', async (t) => {
  const problem = (type: string, instance: string, detail = 'typical') => ({
    type: `/problems/${type}`,
    instance,
    detail,
  })
  const responses = {
    200: { content: { 'application/json': { schema }, 'text/html': { schema } } },
    400: { content: { 'application/problem+json': { schema } } },
    422: { content: { 'application/problem+json': { schema } } },
  }
  const document = { paths: { '/x': { post: { ...operation, responses } } }, components: { schemas: {} } }
  const examples = {
    answers: { 200: { a: 1 }, 422: problem('wrong', '', 'special') },
    problems: {
      400: {
        early: { summary: 'Early', value: problem('early', '/') },
        late: { summary: 'Late', value: problem('late', '') },
      },
      422: { wrong: { summary: 'Wrong', value: problem('wrong', '') } },
    },
  }
  const { post } = completed(document, new Map([['make', examples]])).paths['/x']
  t.same(post.responses, {
    200: { content: { 'application/json': { schema, example: { a: 1 } }, 'text/html': { schema } } },
    400: {
      content: {
        'application/problem+json': {
          schema,
          examples: {
            early: { summary: 'Early', value: problem('early', '/') },
            late: { summary: 'Late', value: problem('late', '/x') },
          },
        },
      },
    },
    422: {
      content: {
        'application/problem+json': {
          schema,
          examples: { wrong: { summary: 'Wrong', value: problem('wrong', '/x', 'special') } },
        },
      },
    },
  })
})

test('bounds of safe integers go, others stay', async (t) => {
  const { Number: found } = schemasOf({
    Number: {
      anyOf: [
        { minimum: -9007199254740991, maximum: 9007199254740991 },
        { minimum: 0, maximum: 9 },
      ],
    },
  })
  t.same(found, { anyOf: [{}, { minimum: 0, maximum: 9 }] })
})

test('defaults are said in words', async (t) => {
  const properties = {
    named: { description: 'A name.', default: 'mean' },
    number: { default: 1e-7 },
    list: { default: [] },
    default: { description: 'A field of this name.' },
  }
  t.same(schemasOf({ Options: { properties } }), {
    Options: {
      properties: {
        named: { description: 'A name. Default `mean`.' },
        number: { description: 'Default `1e-7`.' },
        list: { description: 'Default `[]`.' },
        default: { description: 'A field of this name.' },
      },
    },
  })
})

test('a union whose members one constant tells apart has a discriminator', async (t) => {
  const member = (kind: object) => ({ type: 'object', properties: { size: { type: 'number' }, kind } })
  const $ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
  const schemas = {
    AInput: member({ const: 'a' }),
    B: member({ const: 'b' }),
    Twice: member({ const: 'b' }),
    Open: member({ type: 'string' }),
    Bare: { type: 'string' },
    Right: { oneOf: [$ref('AInput'), $ref('B')] },
    Same: { oneOf: [$ref('B'), $ref('Twice')] },
    Unknown: { oneOf: [$ref('AInput'), $ref('Open')] },
    Mixed: { oneOf: [$ref('B'), { type: 'number' }] },
    Scalar: { oneOf: [$ref('Bare'), { type: 'number' }] },
  }
  const { Right, Same, Unknown, Mixed, Scalar } = schemasOf(schemas)
  t.same(Right, {
    oneOf: [$ref('A'), $ref('B')],
    discriminator: { propertyName: 'kind', mapping: { a: '#/components/schemas/A', b: '#/components/schemas/B' } },
  })
  for (const union of [Same, Unknown, Mixed, Scalar]) t.notOk('discriminator' in union)
})

test('schemas that nothing refers to go, and Input is cut from names where that is free', async (t) => {
  const document = documentOf({ AInput: {}, BInput: { $ref: '#/components/schemas/C' }, B: {}, C: {} })
  const { schemas } = completed(
    { ...document, components: { schemas: { ...document.components.schemas, Unused: {} } } },
    none,
  ).components
  t.same(Object.keys(schemas), ['A', 'BInput', 'B', 'C'])
})
