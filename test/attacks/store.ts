// What works with the store: what a client asks for and leaves must not delay what others ask of it.
import type { Attack } from './attack.ts'
import { alone, load, sendAndLeave, times } from './attack.ts'
import type { Outcome, Request } from './client.ts'
import { Client, nameOf } from './client.ts'
import type { Service } from './service.ts'

const evaluations = 1000
const batches = 4000
const left = 1000
const atOnce = 250
const patience = 60_000

const ndjson = { 'content-type': 'application/x-ndjson' }

const filled = new WeakMap<Service, Promise<Outcome[]>>()

/** Stores what is asked for, once. @returns what was refused */
function fill(service: Service): Promise<Outcome[]> {
  const known = filled.get(service) ?? fillNow(service)
  filled.set(service, known)
  return known
}

async function fillNow({ port }: Service): Promise<Outcome[]> {
  const client = await Client.open(port)
  const wrong: Outcome[] = []
  const send = async (method: string, path: string, body: string, headers = {}) => {
    await client.send({ method, path: `/v1/evaluations/${path}`, body, headers })
    const reply = (await client.answer(patience)) ?? 'no answer'
    if (!nameOf(reply).startsWith('20')) wrong.push(reply)
  }
  const declaration = { loss: 'mse', labelFormat: 'values', outputs: 1, metadata: { team: 'a' } }
  for (let at = 0; at < evaluations; at++) await send('PUT', `list-${at}`, JSON.stringify(declaration))
  const lines = Array.from({ length: batches }, (_, at) =>
    JSON.stringify({ batch: `b${at}`, predictions: [at], labels: [1] }),
  )
  for (const name of ['long-a', 'long-b']) {
    await send('PUT', name, JSON.stringify({ ...declaration, metadata: {} }))
    await send('POST', `${name}/batches`, `${lines.join('\n')}\n`, ndjson)
  }
  client.leave()
  return wrong
}

/** Asks for something a thousand times, and leaves each time before the answer. */
function leaving(what: string, path: string, isShort = false): Attack {
  return load({
    name: `${left} ${what} that are asked for and left`,
    isShort,
    wait: 500,
    async send(service) {
      const outcomes = await fill(service)
      const request = { method: 'GET', path }
      for (let at = 0; at < left; at += atOnce) {
        await Promise.all(times(atOnce, request).map((each) => sendAndLeave(service, each, 20)))
      }
      return { outcomes }
    },
  })
}

/** What an image is asked to say, as long as it may be and longer, and as no page should show it. */
function hostileImages(): Record<string, Request> {
  const texts = {
    'a script': '</text><script>alert(1)</script>',
    'an entity': '&lol;]]>',
    'half a character': '\ud800',
    'many wide characters': '\u{1f469}'.repeat(100),
    'combining characters': `a${'\u0301'.repeat(1000)}`,
    'a path of dots': '.'.repeat(200),
    'a path of prototypes': '__proto__.constructor.constructor',
  }
  const images = ['badge.svg', 'sparkline.svg'].flatMap((image) =>
    ['figure', 'label'].flatMap((field) =>
      Object.entries(texts).map(([name, text]): [string, Request] => [
        `${name} as ${field} of ${image}`,
        {
          method: 'GET',
          path: `/v1/evaluations/long-a/${image}?${new URLSearchParams({ [field]: text })}`,
        },
      ]),
    ),
  )
  return Object.fromEntries(images)
}

export const store: readonly Attack[] = [
  leaving('lists', '/v1/evaluations?limit=1000'),
  leaving('lists by prefix', '/v1/evaluations?limit=1000&prefix=list-', true),
  leaving('lists by metadata', '/v1/evaluations?limit=1000&metadata.team=b'),
  leaving('sorted lists', '/v1/evaluations?limit=1000&sort=-loss'),
  leaving('totals', '/v1/evaluations-total?prefix=list-'),
  leaving('pages of batches', '/v1/evaluations/long-a/batches?limit=1000', true),
  leaving('curves', '/v1/evaluations/long-a/curve?points=1000', true),
  leaving('badges', '/v1/evaluations/long-a/badge.svg'),
  leaving('sparklines', '/v1/evaluations/long-a/sparkline.svg'),
  load({
    name: 'images with hostile figures and labels, one after the other',
    expected: ['422', '200'],
    async send(service, { turn }) {
      const wrong = await fill(service)
      const { outcomes, ...others } = await alone(service, hostileImages(), turn)
      return { outcomes: [...wrong, ...outcomes], ...others }
    },
  }),
  leaving('comparisons', '/v1/evaluations/long-a/comparison?with=long-b', true),
]
