import type { Problem } from './problem.ts'

export const inferenceErrorMediaType = 'application/json'

export function isInferencePath(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/')
}

interface Listed {
  readonly pointer: string
  readonly detail: string
}

/** A problem in the form of the Open Inference Protocol: one text, with the place of each listed error. */
export function inferenceError({ message, extensions }: Problem): { readonly error: string } {
  const { errors, errorCount } = extensions as { errors?: readonly Listed[]; errorCount?: number }
  if (errors === undefined) return { error: message }
  const lines = errors.map(({ pointer, detail }) => `${detail} (${pointer})`)
  const left = Number(errorCount) - errors.length
  return { error: [...lines, ...(left > 0 ? [`and ${left} more`] : [])].join('\n') }
}
