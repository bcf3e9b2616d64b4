import { checkWeights } from './checks.ts'
import type { Layout } from './shape.ts'
import { asReceived, checkIsNumbers, checkOutputs, inWords } from './shape.ts'
import type { Spec } from './spec.ts'
import type { Tensor } from './tensor.ts'
import { refuse, ValidationErrors } from './validation-errors.ts'

/**
 * The weights of a tensor of shape [K], one for each output.
 *
 * @throws InvalidContent, LimitExceeded for more than `maxOutputs`
 */
export function readWeights(name: string, tensor: Tensor): Float64Array {
  checkOutputs(name, tensor.data.length)
  const errors = new ValidationErrors()
  checkIsNumbers(name, tensor, errors)
  if (tensor.shape.length !== 1) refuseWeights(name, tensor, 'output')
  else checkWeights(name, tensor, { from: 0, to: tensor.data.length }, errors)
  errors.throwIfAny()
  return tensor.data
}

/** @throws InvalidContent when there is not one class weight for each output */
export function checkClassWeightCount({ classWeights: data }: Spec, { outputs }: Layout): void {
  if (data === undefined || data.length === outputs) return
  refuseWeights(
    'classWeights',
    { data, shape: [data.length], nonNumeric: [], nonNumericCount: 0 },
    `of the ${outputs} outputs`,
  )
}

function refuseWeights(name: string, tensor: Tensor, which: string): never {
  const detail = `${name} is ${inWords(tensor)}; it must be a list with one number for each ${which}`
  return refuse([name], detail, asReceived(tensor))
}
