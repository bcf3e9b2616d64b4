export const scopes = ['evaluate', 'read', 'write', 'metrics'] as const

export type Scope = (typeof scopes)[number]

/** What a route requires: nothing, any key, a key with this scope, or the scope `read` except for what is public. */
export type Need = 'nothing' | 'any key' | Scope | 'read unless public'

type Needs = Need | Readonly<Record<string, Need>>

/** What each route requires; `/*` at the end stands for the path and everything below it. */
export const needs: Readonly<Record<string, Needs>> = {
  '/': 'nothing',
  '/livez': 'nothing',
  '/readyz': 'nothing',
  '/openapi.json': 'nothing',
  '/docs/*': 'nothing',
  '/learn': 'nothing',
  '/batch': 'nothing',
  '/runs/*': 'nothing',
  '/explore/*': 'nothing',
  '/clients/*': 'nothing',
  '/problems/*': 'nothing',
  '/v1/loss': 'evaluate',
  '/v1/mini-batches': 'evaluate',
  '/v1/sweeps': 'evaluate',
  '/v1/comparisons': 'evaluate',
  '/v1/losses': 'any key',
  '/v1/limits': 'any key',
  '/v1/evaluations/:evaluation/badge.svg': 'read unless public',
  '/v1/evaluations/:evaluation/sparkline.svg': 'read unless public',
  '/v1/evaluations/*': { GET: 'read', PUT: 'write', POST: 'write', PATCH: 'write', DELETE: 'write' },
  '/v1/evaluations-total': 'read',
  '/v2/health/*': 'nothing',
  '/v2/*': { GET: 'any key', POST: 'evaluate' },
  '/metrics': 'metrics',
}

/** The scope that a key must have; undefined where any key will do, or none. */
export function scopeOf(need: Need): Scope | undefined {
  if (need === 'nothing' || need === 'any key') return undefined
  return need === 'read unless public' ? 'read' : need
}

/** Thrown for a route that is missing in the table above. */
export class NeedUnknown extends Error {}

/**
 * What a route requires.
 *
 * @throws NeedUnknown
 */
export function needOf(method: string, url: string): Need {
  const found = needs[url] ?? Object.entries(needs).find(([pattern]) => isBelow(url, pattern))?.[1]
  const need = typeof found === 'object' ? found[method === 'HEAD' ? 'GET' : method] : found
  if (need === undefined) throw new NeedUnknown(`${method} ${url} is missing in the table of src/access/needs.ts`)
  return need
}

function isBelow(url: string, pattern: string): boolean {
  if (!pattern.endsWith('/*')) return false
  const root = pattern.slice(0, -2)
  return url === root || url.startsWith(`${root}/`)
}
