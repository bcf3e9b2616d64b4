import { createClient } from './generated/hey-api/client/index.ts'
import type { LossRequest } from './generated/hey-api/index.ts'
import { evaluateLoss } from './generated/hey-api/index.ts'

const right: LossRequest = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.2, 0.8]], labels: [1] }

/** A request, its spec sent back, and a refusal. */
export async function send(baseUrl: string) {
  const client = createClient({ baseUrl })
  const { data: first } = await evaluateLoss({ client, body: right })
  if (first === undefined) throw new Error('it is refused')
  const { spec } = first
  if (right.loss !== 'cross-entropy' || right.labelFormat !== 'index' || spec.loss !== right.loss)
    throw new Error('it is of another loss')
  const again = await evaluateLoss({ client, body: { ...spec, ...right } })
  const refused = await evaluateLoss({ client, body: { ...right, labels: [10] } })
  const loss: number | null = first.loss
  const problem: string | undefined = refused.error?.detail
  return { loss, again: again.data?.loss, problem }
}

// @ts-expect-error: epsilon is misspelt
export const misspelt: LossRequest = { ...right, epsilom: 1 }
