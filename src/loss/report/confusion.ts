import { groupRows } from '../numerics/grouping.ts'
import type { Groups } from './groups.ts'
import { checkCounts, checkGroups, groupsOf } from './groups.ts'
import type { SectionAtOnce } from './section.ts'
import { classesOf } from './section.ts'

/** Counts of samples by label (row) and decision (column), unweighted; for one binary output 2 x 2. */
export const confusion: SectionAtOnce<Groups> = {
  ...groupsOf(1, 0),
  answerNumbers: (spec, outputs) => classesOf(spec, outputs) ** 2,
  fold(spec, { rows, decisions }) {
    const cells: Groups = new Map()
    if (decisions === undefined) return cells
    const classes = classesOf(spec, rows.outputs)
    const cellOf = new Int32Array(rows.count)
    for (let i = 0; i < rows.count; i++) cellOf[i] = decisions.labelled[i] * classes + decisions.predicted[i]
    const { groups, starts } = groupRows(cellOf, classes * classes)
    for (const [at, cell] of groups.entries()) cells.set(cell, { counts: [starts[at + 1] - starts[at]], sums: [] })
    return cells
  },
  check(cells, { outputs, samples, ignored, correct }, spec) {
    const classes = classesOf(spec, outputs)
    checkGroups(cells, classes * classes, ({ counts: [count] }) => count > 0)
    checkCounts(cells, 0, samples - ignored)
    checkCounts(new Map(Array.from(cells).filter(([cell]) => cell % (classes + 1) === 0)), 0, correct)
  },
  *report(cells, { outputs }, spec): Generator<void, number[][]> {
    const classes = classesOf(spec, outputs)
    const rowsPerStep = Math.ceil(cellsPerStep / classes)
    const matrix: number[][] = []
    for (let label = 0; label < classes; label++) {
      matrix.push(rowOf(cells, label * classes, classes))
      if (matrix.length % rowsPerStep === 0) yield
    }
    return matrix
  },
}

/** Cells that are reported in a step. */
const cellsPerStep = 2 ** 13

function rowOf(cells: Groups, from: number, classes: number): number[] {
  const row: number[] = []
  for (let cell = from; cell < from + classes; cell++) row.push(cells.get(cell)?.counts[0] ?? 0)
  return row
}
