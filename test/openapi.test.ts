import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { t as root, test } from 'tap'
import { generate } from '../openapi/generate.ts'
import { pageTypes } from '../openapi/page-types.ts'
import type { ProblemName } from '../src/http/problems.ts'
import { problems } from '../src/http/problems.ts'
import { lossNames } from '../src/loss/kernels/index.ts'
import type { Operation } from './support.ts'
import { appOf, ask, document, faultsAgainst } from './support.ts'

const committed = new URL('../openapi/openapi.json', import.meta.url)
const app = await appOf(root)

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

test('the committed document is what the service answers; if not, run npm run openapi', async (t) => {
  t.ok(readFileSync(committed, 'utf8') === (await generate()))
})

test('the types of the pages are those of the document; if not, run npm run openapi', async (t) => {
  t.ok(readFileSync(new URL('../src/pages/answers.d.ts', import.meta.url), 'utf8') === (await pageTypes()))
})

test('Redocly finds nothing to say', async (t) => {
  const redocly = new URL('../node_modules/@redocly/cli/bin/cli.js', import.meta.url).pathname
  const args = ['lint', '--config', 'openapi/redocly.yaml', '--format', 'json', 'openapi/openapi.json']
  const cwd = new URL('..', import.meta.url)
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NODE_OPTIONS: '' }
  const { stdout } = await promisify(execFile)(process.execPath, [redocly, ...args], { cwd, env })
  const { totals, problems } = JSON.parse(stdout)
  t.same(problems, [])
  t.match(totals, { errors: 0, warnings: 0, ignored: 0 })
})

test('every operation says what it is', async (t) => {
  t.equal(operations.length, 35)
  t.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
  for (const { operation } of operations) {
    t.match(operation.operationId, /^[a-z]+[A-Z][A-Za-z]+$/)
    t.match(operation.summary, /^[A-Z].{8,}[^.]$/, operation.operationId)
    t.match(operation.description, /^[\s\S]{20,}\.$/, operation.operationId)
    t.equal(operation.tags.length, 1)
  }
})

test('a description explains each value of each enum', async (t) => {
  const unexplained = new Set<string>()
  const visit = (part: unknown, around: string, path: string): void => {
    if (typeof part !== 'object' || part === null) return
    const { description, enum: values } = part as { description?: string; enum?: unknown[] }
    // `schema` and `items` are described by what holds them
    const said = typeof description === 'string' ? description : /\/(items|schema)$/.test(path) ? around : ''
    for (const value of Array.isArray(values) ? values : [])
      if (!said.includes(`\`${value}\`: `)) unexplained.add(`${path}: ${value}`)
    for (const [name, inner] of Object.entries(part)) visit(inner, said, `${path}/${name}`)
  }
  // the branches of a `oneOf` repeat what `properties` explain
  visit(JSON.parse(JSON.stringify(document, (name, value) => (name === 'oneOf' ? undefined : value))), '', '')
  t.same([...unexplained], [])
})

test('every operation can be refused, and every refusal is a problem', async (t) => {
  for (const { operation } of operations) {
    const wrong = Object.keys(operation.responses).filter(isWrong)
    for (const status of ['400', '408', '417', '431', '500']) t.ok(wrong.includes(status), operation.operationId)
    const [type, name] = isInference(operation)
      ? ['application/json', 'InferenceError']
      : ['application/problem+json', 'Problem']
    for (const status of wrong) {
      if (!isInference(operation)) t.same(Object.keys(operation.responses[status].content), [type])
      t.same(operation.responses[status].content[type].schema, { $ref: `#/components/schemas/${name}` })
    }
  }
})

/** Whether it is one of the Open Inference Protocol, which has errors of its own. */
function isInference({ tags }: Operation): boolean {
  return tags[0] === 'Inference'
}

function isWrong(status: string): boolean {
  return Number(status) >= 400
}

/** What a problem has besides what every problem has. */
const extensions: Partial<Record<ProblemName, string[]>> = {
  'malformed-body': ['offset', 'looksLike'],
  'limit-exceeded': ['limit', 'allowed', 'pointer'],
  'unsupported-media-type': ['accepted'],
  'invalid-content': ['errors', 'errorCount'],
  forbidden: ['scope'],
  'rate-limited': ['limit', 'allowed'],
}

test('every error has an example of each of its types, with the status, title and fields of that type', async (t) => {
  for (const { operation } of operations) {
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      if (!isWrong(status) || isInference(operation)) continue
      const { examples = {} } = content['application/problem+json']
      const names = Array.from(description.matchAll(/\(`([a-z-]+)`\)/g), ([, name]) => name as ProblemName)
      t.same(Object.keys(examples), names)
      for (const name of names) {
        const { title } = problems[name]
        const value = examples[name].value as object
        t.match(value, { type: `/problems/${name}`, title, status: problems[name].status })
        t.equal(problems[name].status, Number(status))
        const own = extensions[name] ?? ('errors' in value ? ['errors', 'errorCount'] : [])
        const fields = ['type', 'title', 'status', 'detail', 'instance', 'requestId', ...own]
        t.same(Object.keys(value), fields, `${operation.operationId} ${name}`)
        t.equal(faultsAgainst(['components', 'schemas', 'Problem'], value), undefined)
      }
    }
  }
})

test('no integer is bounded by what a double can hold', async (t) => {
  t.notMatch(JSON.stringify(document), '9007199254740991')
})

test('each union of objects says what tells its members apart', async (t) => {
  const unions =
    JSON.stringify(document).match(/"oneOf":\[\{"\$ref":[^\]]*\](,"[^"]+":"[^"]*")*(,"discriminator")?/g) ?? []
  t.ok(unions.length >= 3)
  for (const union of unions) if (!union.includes('/Batch"')) t.match(union, '"discriminator"')
})

test('every schema has a name that something refers to, and a description where it is no union', async (t) => {
  const text = JSON.stringify(document)
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    t.match(text, `"#/components/schemas/${name}"`)
    t.match(name, /^[A-Z][A-Za-z\d]+$/)
    t.ok(schema, name)
  }
})

/** Sends an example of a request. */
async function run(path: string, method: string, type: string | undefined, value: unknown) {
  const payload = typeof value === 'string' ? value : JSON.stringify(value)
  const length = typeof value === 'string' ? String(value.lastIndexOf('}') + 1) : ''
  const binary = type === 'application/octet-stream' ? { 'inference-header-content-length': length } : {}
  const headers = type === undefined ? {} : { 'content-type': type, ...binary }
  const url = path.replace('{name}', 'malformed-body').replace('{loss}', 'cross-entropy')
  return ask(app, { method: method as 'GET', url, headers, ...(type === undefined ? {} : { payload }) })
}

/** The requests of an operation: those of its examples, or the bare one. */
function requestsOf({ requestBody }: Operation): { name: string; type: string | undefined; value: unknown }[] {
  if (requestBody === undefined) return [{ name: 'GET', type: undefined, value: undefined }]
  return Object.entries(requestBody.content).flatMap(([type, { examples }]) =>
    Object.entries(examples ?? {}).map(([name, { value }]) => ({ name, type, value })),
  )
}

/** The examples of what is refused. */
const refused = ['wrong declaration', 'other shape']

// those of evaluations need each other: test/routes/evaluations/examples.test.ts; metrics are never the same
const alone = operations.filter(({ path }) => !path.startsWith('/v1/evaluations') && path !== '/metrics')
for (const { path, method, operation } of alone) {
  test(`${operation.operationId}: its examples run, and its answers are those of the service`, async (t) => {
    const requests = requestsOf(operation)
    t.ok(requests.length > 0)
    const answers = []
    for (const { name, type, value } of requests) {
      const answer = await run(path, method, type, value)
      t.equal(answer.status, refused.includes(name) ? 422 : 200, name)
      answers.push(answer)
      const isJson = type === 'application/json'
      if (isJson) t.equal(fits(path, value), undefined, `${name} fits its schema`)
    }
    const wrong = operation.responses[422]?.content['application/problem+json']?.examples?.['invalid-content'].value
    const shown = [[200, operation.responses[200].content['application/json'].example]]
    if (requests.some(({ name }) => refused.includes(name))) shown.push([422, wrong])
    for (const [status, example] of shown) {
      const answer = answers.find((answer) => answer.status === status)
      t.same(lasting(answer?.body), lasting(example), `example of ${status}`)
    }
  })
}

/** An answer without what is different each time. */
function lasting(answer: unknown): unknown {
  const { requestId: _id, load: _load, ...body } = answer as Record<string, unknown>
  return JSON.parse(JSON.stringify(body), (key, value) => {
    // `ask` leaves the codes of errors out, and the examples are of another host
    if (key === 'code') return undefined
    return key === 'type' && typeof value === 'string' ? value.replace(/^https?:\/\/[^/]+/, '') : value
  })
}

/** Whether a request fits the schema of its operation. */
function fits(path: string, value: unknown): string | undefined {
  return faultsAgainst(['paths', path, 'post', 'requestBody', 'content', 'application/json', 'schema'], value)
}

test('Try it out has the requests that teach', async (t) => {
  const { content } = document.paths['/v1/loss'].post.requestBody ?? { content: {} }
  t.same(Object.keys(content), [
    'application/json',
    'application/octet-stream',
    'multipart/form-data',
    'application/x-ndjson',
  ])
  const examples = content['application/json'].examples ?? {}
  const taught = ['one-hot', 'index', 'batch', 'binary', 'regression', 'wrong declaration']
  t.same(Object.keys(examples).slice(0, taught.length), taught)
  const shown = new Set(Object.values(examples).map(({ value }) => (value as { loss: string }).loss))
  t.same(Array.from(shown).toSorted(), lossNames.toSorted(), 'each loss has an example')
})

test('the schema of /v1/loss tells what the service tells', async (t) => {
  const batch = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.5, 0.5]], labels: [1] }
  const table: [object, boolean][] = [
    [batch, true],
    [{ ...batch, predictions: [0.5, 0.5], labels: 1 }, true],
    [{ ...batch, sampleWeights: [1], classWeights: [1, 2], ignoreIndex: -100, labelSmoothing: 0.1 }, true],
    [{ ...batch, labelFormat: undefined }, false],
    [{ ...batch, labelFormat: 'values' }, false],
    [{ ...batch, delta: 2 }, false],
    [{ ...batch, labels: [[0, 1]] }, false],
    [{ ...batch, odd: 1 }, false],
    [{ ...batch, labelSmoothing: 1 }, false],
    [{ ...batch, miniBatch: { size: 1, seed: 1 } }, true],
    [{ ...batch, miniBatch: { size: 0, seed: 1 } }, false],
    [{ ...batch, predictions: [['x', 1]] }, false],
  ]
  for (const [request, isRight] of table) {
    const json = JSON.parse(JSON.stringify(request))
    t.equal(fits('/v1/loss', json) === undefined, isRight, JSON.stringify(json))
    const { status } = await run('/v1/loss', 'post', 'application/json', json)
    t.equal(status, isRight ? 200 : 422)
  }
})
