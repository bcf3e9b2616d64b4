import { z } from 'zod'
import type { Decisions } from '../accuracy.ts'
import { toDouble } from '../numerics/dyadic.ts'
import { sumByGroup } from '../numerics/grouping.ts'
import type { Spec } from '../spec.ts'
import type { Groups, Totals } from './groups.ts'
import { groupBytes, groupsOf } from './groups.ts'
import { NumberRows } from './number-rows.ts'
import { count, sampleWeight } from './schemas.ts'
import type { SectionAtOnce } from './section.ts'
import { classesOf } from './section.ts'

/** Counts of samples by label (row) and decision (column), unweighted; for one binary output 2 x 2. */
export const confusion: SectionAtOnce<Groups, NumberRows> = {
  ...groupsOf(1, 0),
  needs: ['decisions', 'one decision per row'],
  schema: z.array(z.array(count)).meta({
    description: 'Counts of samples, [K][K]: rows are labels, columns are predictions, both in the order of `classes`.',
  }),
  answerNumbers: (spec, { outputs }) => cellsOf(spec, outputs),
  stateBytes: (spec, outputs) => groupBytes(cellsOf(spec, outputs), 1, 0),
  fold(spec, { rows, decisions }) {
    const cells: Groups = new Map()
    if (decisions === undefined) return cells
    for (const [cell, sum] of sumsByCell(decisions, classesOf(spec, rows.outputs), undefined)) {
      cells.set(cell, { counts: [Number(sum.mantissa)], sums: [] })
    }
    return cells
  },
  report: (cells, { outputs }, spec) => matrixOf(cells, classesOf(spec, outputs), ({ counts: [count] }) => count),
}

export const confusionWeights: SectionAtOnce<Groups, NumberRows> = {
  ...groupsOf(0, 1),
  needs: confusion.needs,
  schema: z
    .array(z.array(sampleWeight))
    .meta({ description: 'Sums of s_i in the same cells; without weights the same numbers.' }),
  answerNumbers: confusion.answerNumbers,
  stateBytes: (spec, outputs) => groupBytes(cellsOf(spec, outputs), 0, 1),
  fold(spec, { rows, decisions, sampleWeights }) {
    const cells: Groups = new Map()
    if (decisions === undefined) return cells
    for (const [cell, sum] of sumsByCell(decisions, classesOf(spec, rows.outputs), sampleWeights)) {
      if (sum.mantissa !== 0n) cells.set(cell, { counts: [], sums: [sum] })
    }
    return cells
  },
  report: (cells, { outputs }, spec) => matrixOf(cells, classesOf(spec, outputs), ({ sums: [sum] }) => toDouble(sum)),
}

function sumsByCell({ labelled, predicted }: Decisions, classes: number, weights: Float64Array | undefined) {
  const cells = labelled.map((label, i) => label * classes + predicted[i])
  return sumByGroup(cells, classes * classes, weights)
}

function* matrixOf(cells: Groups, classes: number, numberIn: (totals: Totals) => number): Generator<void, NumberRows> {
  const matrix = new Float64Array(classes * classes)
  let known = 0
  for (const [cell, totals] of cells) {
    matrix[cell] = numberIn(totals)
    if (++known % cellsPerStep === 0) yield
  }
  return new NumberRows(matrix, classes)
}

const cellsPerStep = 2 ** 13

function cellsOf(spec: Spec, outputs: number): number {
  const classes = classesOf(spec, outputs)
  return classes * classes
}
