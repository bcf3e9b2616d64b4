import type { EvaluationContext } from '../../src/loss/evaluation.ts'
import { uniformIntegers } from '../../src/runtime/random.ts'
import { digits } from '../digits.ts'
import { matrix } from '../matrix.ts'
import type { Request } from './support.ts'
import { unlimited } from './support.ts'

/** Without limits, and with mini-batches. */
export const random: EvaluationContext = { ...unlimited, uniformIntegers }

/** The cross-entropy of the digits. */
export const byIndex: Request = {
  loss: 'cross-entropy',
  labelFormat: 'index',
  predictions: digits.predictions,
  labels: digits.labels,
}

/** Three classes: class 0 is right twice and once taken for 1; class 1 right once; class 2 once taken for 0. */
export const table: Request = {
  loss: 'mae',
  labelFormat: 'index',
  predictions: matrix('1 0 0; 1 0 0; 0 1 0; 0 1 0; 1 0 0'),
  labels: [0, 0, 0, 1, 2],
}
