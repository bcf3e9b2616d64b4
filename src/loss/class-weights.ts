import { checkWeights } from './checks.ts'
import type { Layout } from './shape.ts'
import { asReceived, checkIsNumbers, inWords } from './shape.ts'
import type { Spec } from './spec.ts'
import type { Tensor } from './tensor.ts'
import { refuse, ValidationErrors } from './validation-errors.ts'

/**
 * The class weights c_k of a tensor of shape [K].
 *
 * @throws InvalidContent
 */
export function readClassWeights(tensor: Tensor): Float64Array {
  const errors = new ValidationErrors()
  checkIsNumbers('classWeights', tensor, errors)
  if (tensor.shape.length !== 1) refuseClassWeights(tensor, 'output')
  else checkWeights('classWeights', tensor, { from: 0, to: tensor.data.length }, errors)
  errors.throwIfAny()
  return tensor.data
}

/** @throws InvalidContent when there is not one class weight for each output */
export function checkClassWeightCount({ classWeights: data }: Spec, { outputs }: Layout): void {
  if (data === undefined || data.length === outputs) return
  refuseClassWeights({ data, shape: [data.length], nonNumeric: [], nonNumericCount: 0 }, `of the ${outputs} outputs`)
}

function refuseClassWeights(tensor: Tensor, which: string): never {
  const detail = `classWeights is ${inWords(tensor)}; a list of one number for each ${which} is needed`
  return refuse(['classWeights'], detail, asReceived(tensor))
}
