import type { LossRequest } from './generated/orval.ts'
import { evaluateLossWithBlob, evaluateLossWithJson } from './generated/orval.ts'

const right: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.2, 0.8]], labels: [1] }

/** A request, its spec sent back, a binary body, and a refusal. */
export async function send() {
  const first = await evaluateLossWithJson(right)
  if (first.status !== 200) throw new Error('it is refused')
  const { spec } = first.data
  if (right.loss !== 'cross-entropy' || right.labelFormat !== 'index' || spec.loss !== right.loss)
    throw new Error('it is of another loss')
  const again = await evaluateLossWithJson({ ...spec, ...right })
  const header = binaryHeader()
  const binary = await evaluateLossWithBlob(new Blob([header, new Float64Array([1, 2, 1, 4])]), {
    headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(header.length) },
  })
  const refused = await evaluateLossWithJson({ ...right, labels: [10] })
  const loss: number | null = first.data.loss
  const problem: string | undefined = refused.status === 422 ? refused.data.detail : undefined
  return { loss, again: again.data, binary: binary.data, problem }
}

function binaryHeader(): string {
  const inputs = ['predictions', 'labels'].map((name) => ({
    name,
    shape: [2],
    datatype: 'FP64',
    parameters: { binary_data_size: 16 },
  }))
  return JSON.stringify({ parameters: { loss: 'mse', labelFormat: 'values' }, inputs })
}

// @ts-expect-error: epsilon is misspelt
export const misspelt: LossRequest = { ...right, epsilom: 1 }
