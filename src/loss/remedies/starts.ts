import type { Tensors } from '../batch.ts'
import { losses } from '../kernels/index.ts'
import type { Loss } from '../kernels/loss.ts'
import type { Spec } from '../spec.ts'
import { checksPredictionRows, needsTwoOutputs } from '../spec.ts'
import type { Remedy } from './remedy.ts'

/** Changes of shapes, or of what samples are taken for, that the shapes of a batch suggest: likeliest first. */
export function startsOf(spec: Spec, { predictions, labels, baseline }: Tensors): Remedy[] {
  const [rows, columns] = predictions.shape
  const models = baseline === undefined ? ['predictions'] : ['predictions', 'baseline']
  const isTable = predictions.shape.length === 2
  const count = labels.data.length
  const starts: Remedy[] = [{}]
  const isOneColumn = isTable && columns === 1
  if (isOneColumn && labels.shape.length < 2 && count === rows) {
    const changes = needsTwoOutputs(spec) ? asBinary(spec) : [{}]
    starts.push(...changes.map((remedy) => ({ ...remedy, flatten: models })))
  }
  if (isOneColumn && labels.shape.length === 2) starts.push(...asBinary(spec))
  if (!isTable && count === rows) starts.push(...asBinary(spec))
  if (labels.shape.length === 2 && labels.shape.includes(1)) starts.push({ flatten: ['labels'] })
  if (isTable && columns > 1 && labels.shape.length === 1 && count === rows && spec.loss === 'binary-cross-entropy') {
    starts.push({ set: { loss: 'cross-entropy', labelFormat: 'index' } })
  }
  // as many labels as columns say little, unless the rows of probabilities do
  const fitsTurned =
    labels.shape.length === 2
      ? labels.shape[0] === columns && labels.shape[1] === rows
      : count === columns && checksPredictionRows(spec)
  if (isTable && fitsTurned && rows > 1 && columns > 1) starts.push({ transpose: models })
  return starts
}

/** One output for each sample is a binary decision. */
function asBinary(spec: Spec): Remedy[] {
  if (!needsTwoOutputs(spec)) return []
  if ((losses[spec.loss] as Loss).labelFormats.includes('binary')) return [{ set: { labelFormat: 'binary' } }]
  return spec.loss === 'cross-entropy' ? [{ set: { loss: 'binary-cross-entropy', labelFormat: 'binary' } }] : []
}
