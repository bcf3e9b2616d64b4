import { checkWeights } from './checks.ts'
import { widened } from './numbers.ts'
import { rangeInWords } from './option-types.ts'
import type { OptionName } from './options.ts'
import { optionOf } from './options.ts'
import type { Layout } from './shape.ts'
import { asReceived, checkIsNumbers, checkOutputs, counted, inWords } from './shape.ts'
import type { Spec } from './spec.ts'
import { needsTwoOutputs } from './spec.ts'
import type { Tensor } from './tensor.ts'
import { refuse, ValidationErrors } from './validation-errors.ts'

/** The weights of a tensor of shape [K]. @throws InvalidContent, LimitExceeded for more than `maxOutputs` */
export function readWeights(name: string, tensor: Tensor): Float64Array {
  checkOutputs(name, tensor.data.length)
  const errors = new ValidationErrors()
  checkIsNumbers(name, tensor, errors)
  if (tensor.shape.length !== 1) refuseWeights(name, tensor, 'output')
  const data = widened(tensor.data, 0, tensor.data.length)
  checkWeights(name, { ...tensor, data }, { from: 0, to: data.length }, errors)
  errors.throwIfAny()
  return data
}

/** What an option that comes as a tensor holds: weights or one number. @throws InvalidContent, LimitExceeded */
export function readWeightOption(name: OptionName, tensor: Tensor): number | Float64Array {
  const { type } = optionOf(name)
  const isNumber = tensor.shape.length === 0 && tensor.shapeError === undefined && tensor.nonNumericCount === 0
  if (type.kind !== 'number-or-weights' || !isNumber) return readWeights(name, tensor)
  const [value] = tensor.data
  if (value > 0 && Number.isFinite(value)) return value
  const needs = `${rangeInWords('number', type)}, or an array of numbers`
  return refuse([name], `${name} is ${value}; it must be a ${needs}`, value, 'out-of-range')
}

/** @throws InvalidContent when there are too few outputs, not one weight for each output, or `topK` is more than the outputs */
export function checkOutputOptions(spec: Spec, { outputs }: Layout, field = 'predictions'): void {
  const { loss, classWeights, positiveWeight, topK } = spec
  if (outputs === 1 && needsTwoOutputs(spec)) {
    const other = loss === 'focal' ? 'labelFormat "binary"' : 'loss "binary-cross-entropy"'
    const detail = `loss "${loss}" with class labels needs at least 2 outputs, one per class; ${field} has 1. For one output per sample, use ${other}.`
    refuse([field], detail, outputs, 'too-few-outputs')
  }
  if (topK !== undefined && topK > outputs) {
    refuse(
      ['topK'],
      `topK is ${topK}; it must be at most the ${counted(outputs, 'output')} of predictions`,
      topK,
      'out-of-range',
    )
  }
  checkNameCount(spec, outputs)
  checkWeightCount('classWeights', classWeights, outputs)
  checkWeightCount('positiveWeight', positiveWeight, outputs)
}

/** @throws InvalidContent unless there is a name for each output, if any */
export function checkNameCount({ classes }: Spec, outputs: number): void {
  if (classes === undefined || classes.length === outputs) return
  const found = counted(classes.length, 'name')
  const detail = `classes has ${found}; it must have one for each of the ${counted(outputs, 'output')}`
  refuse(['classes'], detail, `an array of ${classes.length}`, 'shape')
}

function checkWeightCount(name: OptionName, data: number | Float64Array | undefined, outputs: number): void {
  if (!(data instanceof Float64Array) || data.length === outputs) return
  const tensor = { data, shape: [data.length], nonNumeric: [], nonNumericCount: 0 }
  refuseWeights(name, tensor, `of the ${outputs} outputs`)
}

function refuseWeights(name: string, tensor: Tensor, which: string): never {
  const detail = `${name} is ${inWords(tensor)}; it must be a list with one number for each ${which}`
  return refuse([name], detail, asReceived(tensor), 'shape')
}
