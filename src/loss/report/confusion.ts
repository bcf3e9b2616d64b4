import { groupRows } from '../numerics/grouping.ts'
import type { Groups } from './groups.ts'
import { checkCounts, checkGroups, groupsOf } from './groups.ts'
import type { MergeableSection } from './section.ts'
import { classesOf } from './section.ts'

/** Counts of samples by label (row) and decision (column), unweighted; for one binary output 2 x 2. */
export const confusion: MergeableSection<Groups> = {
  ...groupsOf(1, 0),
  answerNumbers: (classes) => classes * classes,
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
  report(cells, { outputs }, spec) {
    const classes = classesOf(spec, outputs)
    const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
    for (const [cell, { counts }] of cells) matrix[Math.floor(cell / classes)][cell % classes] = counts[0]
    return matrix
  },
}
