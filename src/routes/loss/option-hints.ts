import { LocatedError } from '../../formats/errors.ts'
import type { Fields } from '../../formats/parsed-body.ts'
import { checkValueCount } from '../../formats/schema.ts'
import { fixedLimits } from '../../http/limits.ts'
import type { RequestContext } from '../../http/request-context.ts'
import { weightOptions } from '../../loss/options.ts'
import { pack } from '../../loss/pack.ts'
import type { Hint, Remedy } from '../../loss/remedies/remedy.ts'
import { both } from '../../loss/remedies/remedy.ts'
import type { Refused, Trials } from '../../loss/remedies/search.ts'
import { hintOf, noHint, remediesFor, trials } from '../../loss/remedies/search.ts'
import type { ValidationError } from '../../loss/validation-errors.ts'
import { InvalidContent, LimitExceeded } from '../../loss/validation-errors.ts'
import { optionEdits } from './option-edits.ts'

/** The fields of a request. */
interface Sent {
  readonly options: Fields
  readonly tensors: Fields
}

/** What a route checks of the fields of a request. */
export interface FieldCheck {
  readonly tensorNames: readonly string[]
  /** Fields that are neither options of a loss nor tensors. */
  readonly otherNames?: readonly string[]
  /** @returns the batch to try changes on, or undefined where there is none @throws InvalidContent, LimitExceeded */
  readonly check: (options: Fields, tensors: Fields) => Batch | undefined
}

type Batch = Omit<Refused, 'memory'>

/** How often the options are checked again at most, and how many errors in a row are mended. */
const mostChecks = 40
const mostRounds = 3
/** Where so many numbers stand under a wrong name, nothing is tried. */
const mostErrors = 5

/** Refuses a request for an error about its options, with what would make it right, tried on its numbers. */
export async function refuseOptions(
  error: unknown,
  { options, only }: { readonly options: Fields; readonly only?: Fields | undefined },
  fields: FieldCheck,
  { task, memory }: RequestContext,
): Promise<never> {
  const cause = error instanceof LocatedError ? error.cause : error
  if (cause instanceof InvalidContent && only !== undefined) {
    const search = new OptionSearch(fields, memory)
    cause.errors.hint(await task.run(search.hintFor({ options, tensors: only }, cause)))
  }
  throw error
}

class OptionSearch {
  readonly #fields: FieldCheck
  readonly #memory: Refused['memory']
  readonly #trials: Trials = trials()
  #checks = mostChecks

  constructor(fields: FieldCheck, memory: Refused['memory']) {
    this.#fields = fields
    this.#memory = memory
  }

  *hintFor(sent: Sent, { errors: { list } }: InvalidContent): Generator<void, Hint> {
    const found = smallest(yield* this.#mended(sent, list, {}, mostRounds))
    if (found.length === 0) return noHint
    const formats = found.flatMap(({ set = {} }) => set.labelFormat ?? [])
    const isOfFormats = list.some(
      ({ path: [field], code }) => field === 'labelFormat' && (code === 'missing' || found.length > 1),
    )
    const hasLabels = this.#fields.tensorNames.includes('labels')
    if (!isOfFormats || !hasLabels || formats.length === 0) {
      return found.length === 1 ? withField(hintOf(found), list) : noHint
    }
    // labels that fit several formats are the client's to declare
    const names = [...new Set(formats)].map((format) => `"${format}"`)
    const sentence = `The labels that came would fit ${names.join(', ')}.`
    if (found.length > 1) return { sentence, remedies: [], about: ['labelFormat'] }
    const rest = hintOf(found).sentence
    const isPlain = Object.keys(found[0]).length === 1 && Object.keys(found[0].set ?? {}).length === 1
    return { sentence: isPlain ? sentence : `${sentence} ${rest}`, remedies: found, about: ['labelFormat'] }
  }

  /** Every remedy that mends these errors and passes all checks. */
  *#mended(
    sent: Sent,
    errors: readonly ValidationError[],
    before: Remedy,
    rounds: number,
  ): Generator<void, readonly Remedy[]> {
    if (rounds === 0 || errors.length > mostErrors) return []
    const { tensorNames, otherNames = [] } = this.#fields
    const edits = errors.map((error) => optionEdits(error, sent.options, [...tensorNames, ...otherNames]))
    if (edits.some((alternatives) => alternatives.length === 0)) return []
    const found: Remedy[] = []
    for (const edit of choices(edits)) {
      if (this.#checks-- <= 0) return found
      const changed = changedBy(edit, sent, tensorNames)
      const remedy = both(before, edit)
      const outcome = this.#check(changed)
      yield
      if (outcome === undefined) continue
      const more =
        'errors' in outcome
          ? yield* this.#mended(changed, outcome.errors, remedy, rounds - 1)
          : yield* this.#withNumbers(outcome.batch, remedy)
      found.push(...more)
    }
    return found
  }

  *#withNumbers(batch: Batch | undefined, remedy: Remedy): Generator<void, readonly Remedy[]> {
    if (batch === undefined) return [remedy]
    const fitting = yield* remediesFor({ ...batch, memory: this.#memory }, this.#trials)
    // of several only the client knows which is right
    return fitting.length === 1 ? [both(remedy, fitting[0])] : []
  }

  /** Undefined for what exceeds a limit. */
  #check({
    options,
    tensors,
  }: Sent): { readonly batch: Batch | undefined } | { readonly errors: readonly ValidationError[] } | undefined {
    try {
      checkValueCount(options, fixedLimits.maxOptionValues)
      return { batch: this.#fields.check(options, tensors) }
    } catch (error) {
      const cause = error instanceof LocatedError ? error.cause : error
      if (cause instanceof LimitExceeded) return undefined
      if (!(cause instanceof InvalidContent)) throw error
      return { errors: cause.errors.list }
    }
  }
}

/** The first alternatives of all errors together, then what else each could have been. */
function choices(edits: readonly (readonly Remedy[])[]): Remedy[] {
  return edits
    .reduce<Remedy[]>(
      (chosen, alternatives) => chosen.flatMap((one) => alternatives.map((other) => both(one, other))),
      [{}],
    )
    .slice(0, mostChecks)
}

function changedBy(
  { set = {}, rename = {} }: Remedy,
  { options, tensors }: Sent,
  tensorNames: readonly string[],
): Sent {
  const changed = { options: { ...options, ...set }, tensors: { ...tensors } }
  for (const [from, to] of Object.entries(rename)) {
    const value = options[from]
    delete changed.options[from]
    if (tensorNames.includes(to)) changed.tensors[to] = pack(to, value)
    else changed.options[to] = weightOptions.some((name) => name === to) ? pack(to, value) : value
  }
  return changed
}

/** The remedies that change least, each once. */
function smallest(remedies: readonly Remedy[]): Remedy[] {
  const bySize = Map.groupBy(remedies, (remedy) =>
    Object.values(remedy).reduce((size, change) => size + Object.keys(change).length, 0),
  )
  const least = bySize.get(Math.min(...bySize.keys())) ?? []
  return [...new Map(least.map((remedy) => [JSON.stringify(remedy), remedy])).values()]
}

/** A hint belongs to the first error. */
function withField(hint: Hint, [{ path }]: readonly ValidationError[]): Hint {
  return { ...hint, about: [String(path[0])] }
}
