import { InvalidContent } from '../validation-errors.ts'
import { namesMeant, sayNames } from './class-names.ts'
import type { Refused } from './search.ts'
import { hintFor } from './search.ts'

/** Throws an error again; what is wrong with the numbers of a batch with what would make it right, which takes steps to find. */
export function* refuseWithHint(error: unknown, refused: Refused): Generator<void, never> {
  if (!(error instanceof InvalidContent) || !isAboutNumbers(error, refused)) throw error
  const { classes } = refused.spec
  const meant = yield* namesMeant(error.errors, classes)
  if (classes !== undefined) sayNames(error.errors, classes, meant)
  error.errors.hint(yield* hintFor({ ...refused, meant }))
  throw new InvalidContent(error.errors)
}

function isAboutNumbers({ errors }: InvalidContent, { tensors }: Refused): boolean {
  return errors.list.some(({ path: [field] }) => typeof field === 'string' && field in tensors)
}
