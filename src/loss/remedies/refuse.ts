import { InvalidContent } from '../validation-errors.ts'
import type { Refused } from './search.ts'
import { hintFor } from './search.ts'

/** Throws an error again; what is wrong with the numbers of a batch with what would make it right, which takes steps to find. */
export function* refuseWithHint(error: unknown, refused: Refused): Generator<void, never> {
  if (!(error instanceof InvalidContent) || !isAboutNumbers(error, refused)) throw error
  error.errors.hint(yield* hintFor(refused))
  throw new InvalidContent(error.errors)
}

function isAboutNumbers({ errors }: InvalidContent, { tensors }: Refused): boolean {
  return errors.list.some(({ path: [field] }) => typeof field === 'string' && field in tensors)
}
