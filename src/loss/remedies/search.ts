import type { Tensors } from '../batch.ts'
import { comparisonTensors } from '../batch.ts'
import type { Memory } from '../memory.ts'
import { layoutOf } from '../shape.ts'
import type { Spec } from '../spec.ts'
import { checksPredictionRows } from '../spec.ts'
import type { Tensor } from '../tensor.ts'
import { InvalidContent, LimitExceeded } from '../validation-errors.ts'
import type { MeantNames } from './class-names.ts'
import { withNames } from './class-names.ts'
import { labelEdits } from './label-edits.ts'
import type { Edits } from './prediction-edits.ts'
import { noEdits, predictionEdits } from './prediction-edits.ts'
import type { Hint, Remedy } from './remedy.ts'
import { both, fieldsOf, sentenceOf } from './remedy.ts'
import { startsOf } from './starts.ts'
import { readStrings, tensorsOfStrings } from './strings.ts'
import type { AnswerCheck } from './trial.ts'
import { isRightWith, specWith } from './trial.ts'

/** Changes that are tried at most. Each takes no longer than the checks of a right batch, which are a part of its evaluation. */
const mostTrials = 8

/** How many more changes may be tried. */
export interface Trials {
  left: number
}

export function trials(): Trials {
  return { left: mostTrials }
}

/** A refused batch, and what an evaluation would check besides its numbers. */
export interface Refused {
  readonly spec: Spec
  readonly tensors: Tensors
  readonly checkAnswer: AnswerCheck
  readonly memory: Memory
  /** Whether the options were declared earlier, so that no change of this request can be one of them. */
  readonly isDeclared?: boolean | undefined
  /** Names that labels may mean. */
  readonly meant?: MeantNames
}

const noNames: MeantNames = new Map()
export const noHint: Hint = { sentence: '', remedies: [], about: [] }

/** What would make a refused batch right, tried on it; step by step. */
export function* hintFor(refused: Refused): Generator<void, Hint> {
  const fitting = yield* remediesFor(refused, trials())
  if (fitting.length === 0) return noHint
  const { sentence, remedies, about } = hintOf(fitting)
  return { sentence, remedies: refused.isDeclared ? remedies.filter(({ set }) => set === undefined) : remedies, about }
}

/** What to say of the one remedy that fits, or of several of which only the client can know which is right. */
export function hintOf(fitting: readonly Remedy[]): Hint {
  const sentences = fitting.map(sentenceOf)
  const about = fieldsOf(fitting[0])
  if (fitting.length === 1) return { sentence: sentences[0], remedies: fitting, about }
  return {
    sentence: `Which of these is right depends on what the numbers mean. ${sentences.join(' ')}`,
    remedies: [],
    about,
  }
}

/** The remedy that makes a batch right; several where only the client can know which; step by step. */
export function* remediesFor(
  { spec, tensors, checkAnswer, memory, meant = noNames }: Refused,
  budget: Trials,
): Generator<void, Remedy[]> {
  const strings = tensorsOfStrings(tensors)
  const named = withNames(tensors, spec.classes, meant)
  const read = readStrings(tensors, strings)
  if (comparisonTensors.some((name) => isBroken(read[name]))) return []
  const parsing: Remedy = named ?? (strings.length > 0 ? { parse: strings } : {})
  const fitting: Remedy[] = []
  for (const start of startsOf(spec, read)) {
    const { ofPredictions, ofLabels } = yield* candidatesFrom(spec, start, read)
    const before = fitting.length
    for (const outer of ofPredictions.alternatives) {
      for (const inner of ofLabels.alternatives) {
        if (budget.left === 0) return []
        budget.left--
        const candidate = both(outer, inner)
        if (!(yield* isRightWith(candidate, spec, read, checkAnswer, memory))) continue
        fitting.push(both(parsing, candidate))
        if (!ofLabels.isDoubtful) break
      }
      if (fitting.length > before && !ofPredictions.isDoubtful) break
    }
    // a flat list of numbers of any size is one sample as well as several
    const maySayMore = read.predictions.shape.length === 1 && fitting.every((remedy) => !checksRowsWith(remedy, spec))
    if (fitting.length > 0 && !maySayMore) break
  }
  return fitting
}

function checksRowsWith({ set = {} }: Remedy, spec: Spec): boolean {
  return checksPredictionRows(specWith(spec, set))
}

function isBroken(tensor: Tensor | undefined): boolean {
  if (tensor === undefined) return false
  const { data, shape, shapeError, nonNumeric } = tensor
  // names and truth values have become numbers
  return (
    shapeError !== undefined ||
    nonNumeric.some(({ path: [row = 0, column] }) =>
      Number.isNaN(data[column === undefined ? row : row * shape[1] + column]),
    )
  )
}

/** What may be right with a change of shapes: it, and what the numbers suggest besides. */
function* candidatesFrom(
  spec: Spec,
  start: Remedy,
  tensors: Tensors,
): Generator<void, { readonly ofPredictions: Edits; readonly ofLabels: Edits }> {
  const shapes = shapedTensors(start, tensors)
  const found = startingWith(spec, start, shapes.predictions)
  if (found === undefined) return { ofPredictions: noEdits, ofLabels: noEdits }
  const { changed, layout } = found
  const isTurned = start.transpose !== undefined
  const ofModel = isTurned
    ? noEdits
    : yield* predictionEdits(changed, shapes.predictions, layout.outputs, 'predictions')
  const ofBaseline =
    isTurned || shapes.baseline === undefined
      ? noEdits
      : yield* predictionEdits(changed, shapes.baseline, layout.outputs, 'baseline')
  const ofLabels = yield* labelEdits(changed, shapes.labels, layout)
  return {
    ofPredictions: {
      alternatives: combined(start, [orNone(ofModel), orNone(ofBaseline)]),
      isDoubtful: ofModel.isDoubtful === true || ofBaseline.isDoubtful === true,
    },
    ofLabels: { ...ofLabels, alternatives: [{}, ...ofLabels.alternatives] },
  }
}

function startingWith(spec: Spec, start: Remedy, predictions: Tensor) {
  try {
    const changed = specWith(spec, start.set ?? {})
    return { changed, layout: layoutOf(changed, predictions) }
  } catch (error) {
    if (error instanceof InvalidContent || error instanceof LimitExceeded) return undefined
    throw error
  }
}

function shapedTensors({ flatten = [], transpose = [] }: Remedy, tensors: Tensors): Tensors {
  const shaped = Object.entries(tensors).map(([name, tensor]: [string, Tensor | undefined]) => {
    if (tensor === undefined) return [name, tensor]
    if (flatten.includes(name)) return [name, { ...tensor, shape: [tensor.data.length] }]
    return [name, transpose.includes(name) ? { ...tensor, shape: tensor.shape.toReversed() } : tensor]
  })
  // the names are those of the tensors given
  return Object.fromEntries(shaped) as Tensors
}

function orNone({ alternatives }: Edits): readonly Remedy[] {
  return alternatives.length === 0 ? [{}] : alternatives
}

/** Each choice of one alternative from every list, added to the start. */
function combined(start: Remedy, lists: readonly (readonly Remedy[])[]): Remedy[] {
  return lists.reduce<Remedy[]>(
    (before, list) => before.flatMap((remedy) => list.map((alternative) => both(remedy, alternative))),
    [start],
  )
}
