import type { BatchContent, EvaluationDeclaration, LossRequest } from './generated/orval.ts'
import {
  declareEvaluation,
  evaluateLossWithBlob,
  evaluateLossWithJson,
  putBatchWithJson,
  reportEvaluation,
  sealEvaluation,
} from './generated/orval.ts'
import { forOrval as request } from './generated/readme.ts'

const beyond = { predictions: [[0.2, 0.8]], labels: [10] }

/** README's first request, its spec sent back, a binary body, and a refusal. */
export async function send() {
  const first = await evaluateLossWithJson(request)
  if (first.status !== 200) throw new Error('README is refused')
  const { spec } = first.data
  if (request.loss !== 'cross-entropy' || request.labelFormat !== 'index' || spec.loss !== request.loss)
    throw new Error('README has another request')
  const again = await evaluateLossWithJson({ ...spec, ...request })
  const header = binaryHeader()
  const binary = await evaluateLossWithBlob(new Blob([header, new Float64Array([1, 2, 1, 4])]), {
    headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(header.length) },
  })
  const refused = await evaluateLossWithJson({ loss: 'cross-entropy', labelFormat: 'index', ...beyond })
  const loss: number | null = first.data.loss
  const low: number | undefined = first.data.accuracyInterval?.[0]
  const problem: string | undefined = refused.status === 422 ? refused.data.detail : undefined
  return { loss, low, again: again.data, binary: binary.data, problem }
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

const declaration: EvaluationDeclaration = { loss: 'mse', labelFormat: 'values', outputs: 1 }
const content: BatchContent = { predictions: [[1], [2]], labels: [[1], [4]] }

/** An evaluation: declared, one batch in twice, reported, sealed, and a batch that comes too late. */
export async function evaluate() {
  const name = 'by-orval'
  const declared = await declareEvaluation(name, declaration)
  const put = (batch: string) => putBatchWithJson(name, batch, content)
  const [first, again] = [await put('step-1'), await put('step-1')]
  const report = await reportEvaluation(name)
  const sealed = await sealEvaluation(name, { status: 'sealed' })
  const late = await put('step-2')
  if (declared.status !== 201 || first.status !== 201) throw new Error('it was there before')
  if (again.status !== 200 || report.status !== 200 || sealed.status !== 200) throw new Error('it is refused')
  const { outputs }: { outputs: number } = declared.data
  const { sequence }: { sequence: number } = first.data
  const { replayed }: { replayed: boolean } = again.data
  const { loss, batches }: { loss: number | null; batches: number } = report.data
  const { status }: { status: 'open' | 'sealed' } = sealed.data
  const problem: string | undefined = late.status === 409 ? late.data.detail : undefined
  return { outputs, sequence, replayed, loss, batches, status, problem }
}

const batch = { predictions: [[0.2, 0.8]], labels: [1] }

export const right: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', ...batch }

// @ts-expect-error: hinge takes binary labels
export const wrongLabelFormat: LossRequest = { loss: 'hinge', labelFormat: 'index', ...batch }

// @ts-expect-error: labelFormat is required
export const noLabelFormat: LossRequest = { loss: 'cross-entropy', ...batch }

// @ts-expect-error: epsilon is misspelt
export const misspelt: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', ...batch, epsilom: 1 }

// @ts-expect-error: index labels are integers, not rows
export const rows: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', ...batch, labels: [[0, 1]] }

// @ts-expect-error: outputs is required
export const noOutputs: EvaluationDeclaration = { loss: 'mse', labelFormat: 'values' }

// @ts-expect-error: a stream has no mini-batches
export const drawn: EvaluationDeclaration = { ...declaration, miniBatch: { size: 1, seed: 1 } }

// @ts-expect-error: a stream has no gradient
export const gradient: EvaluationDeclaration = { ...declaration, include: ['gradient'] }

// @ts-expect-error: options stand in the declaration
export const withOptions: BatchContent = { ...content, loss: 'mse' }
