import createClient from 'openapi-fetch'
import type { components, paths } from './generated/openapi-typescript.ts'

type LossRequest = components['schemas']['LossRequest']
type EvaluationDeclaration = components['schemas']['EvaluationDeclaration']
type BatchContent = components['schemas']['BatchContent']

const batch = { predictions: [[0.2, 0.8]], labels: [1] }
const beyond = { predictions: [[0.2, 0.8]], labels: [10] }

export const right: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', ...batch }

/** A request, its spec sent back, a stream, and a refusal. */
export async function send(baseUrl: string) {
  const client = createClient<paths>({ baseUrl })
  const { data: first } = await client.POST('/v1/loss', { body: right })
  if (first === undefined) throw new Error('it is refused')
  const { spec } = first
  if (right.loss !== 'cross-entropy' || right.labelFormat !== 'index' || spec.loss !== right.loss)
    throw new Error('it is of another loss')
  const again = await client.POST('/v1/loss', { body: { ...spec, ...right } })
  const stream = await client.POST('/v1/loss', {
    body: `{"loss": "mse", "labelFormat": "values"}\n{"predictions": [1, 2], "labels": [1, 4]}\n`,
    bodySerializer: (lines) => lines,
    headers: { 'Content-Type': 'application/x-ndjson' },
  })
  const refused = await client.POST('/v1/loss', { body: { loss: 'cross-entropy', labelFormat: 'index', ...beyond } })
  const loss: number | null = first.loss
  const low: number | undefined = first.accuracyInterval?.[0]
  // with failStatus, a verdict may be the answer of another status
  const { error } = refused
  const problem: string | undefined = error !== undefined && 'detail' in error ? error.detail : undefined
  return { loss, low, again: again.data?.loss, stream: stream.data?.loss, problem }
}

const declaration: EvaluationDeclaration = { loss: 'mse', labelFormat: 'values', outputs: 1 }
const content: BatchContent = { predictions: [[1], [2]], labels: [[1], [4]] }

/** An evaluation: declared, one batch in twice, reported, sealed, and a batch that comes too late. */
export async function evaluate(baseUrl: string) {
  const client = createClient<paths>({ baseUrl })
  const path = { evaluation: 'by-openapi-fetch' }
  const declared = await client.PUT('/v1/evaluations/{evaluation}', { params: { path }, body: declaration })
  const put = (batch: string) => {
    const params = { path: { ...path, batch } }
    return client.PUT('/v1/evaluations/{evaluation}/batches/{batch}', { params, body: content })
  }
  const [first, again] = [await put('step-1'), await put('step-1')]
  const report = await client.GET('/v1/evaluations/{evaluation}', { params: { path } })
  const seal = { params: { path }, body: { status: 'sealed' } } as const
  const sealed = await client.PATCH('/v1/evaluations/{evaluation}', seal)
  const late = await put('step-2')
  const outputs: number | undefined = declared.data?.outputs
  const sequence: number | undefined = first.data?.sequence
  const replayed: boolean | undefined = again.data?.replayed
  const loss: number | null | undefined = report.data?.loss
  const batches: number | undefined = report.data?.batches
  const status: 'open' | 'sealed' | undefined = sealed.data?.status
  const problem: string | undefined = late.error?.detail
  return { outputs, sequence, replayed, loss, batches, status, problem }
}

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
