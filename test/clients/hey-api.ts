import { createClient } from './generated/hey-api/client/index.ts'
import type { LossRequest } from './generated/hey-api/index.ts'
import { evaluateLoss } from './generated/hey-api/index.ts'
import { forHeyApi as request } from './generated/readme.ts'

const beyond = { predictions: [[0.2, 0.8]], labels: [10] }

/** README's first request, its spec sent back, and a refusal. */
export async function send(baseUrl: string) {
  const client = createClient({ baseUrl })
  const { data: first } = await evaluateLoss({ client, body: request })
  if (first === undefined) throw new Error('README is refused')
  const { spec } = first
  if (request.loss !== 'cross-entropy' || request.labelFormat !== 'index' || spec.loss !== request.loss)
    throw new Error('README has another request')
  const again = await evaluateLoss({ client, body: { ...spec, ...request } })
  const refused = await evaluateLoss({ client, body: { loss: 'cross-entropy', labelFormat: 'index', ...beyond } })
  const loss: number | null = first.loss
  const low: number | undefined = first.accuracyInterval?.[0]
  const problem: string | undefined = refused.error?.detail
  return { loss, low, again: again.data, problem }
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
