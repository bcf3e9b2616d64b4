import type { Decisions } from '../accuracy.ts'
import { toDouble } from '../numerics/dyadic.ts'
import type { Grouping } from '../numerics/grouping.ts'
import { groupRows, groupSums } from '../numerics/grouping.ts'
import type { Groups, Totals } from './groups.ts'
import { checkCounts, checkGroups, checkSums, groupBytes, groupsOf } from './groups.ts'
import type { SectionAtOnce } from './section.ts'
import { classesOf } from './section.ts'

/** Counts of samples by label (row) and decision (column), unweighted; for one binary output 2 x 2. */
export const confusion: SectionAtOnce<Groups> = {
  ...groupsOf(1, 0),
  answerNumbers: (spec, outputs) => classesOf(spec, outputs) ** 2,
  stateBytes: (spec, outputs) => groupBytes(classesOf(spec, outputs) ** 2, 1, 0),
  fold(spec, { rows, decisions }) {
    const cells: Groups = new Map()
    if (decisions === undefined) return cells
    const { groups, starts } = cellsOf(decisions, classesOf(spec, rows.outputs))
    for (const [at, cell] of groups.entries()) cells.set(cell, { counts: [starts[at + 1] - starts[at]], sums: [] })
    return cells
  },
  check(cells, { outputs, samples, ignored, correct }, spec) {
    const classes = classesOf(spec, outputs)
    checkGroups(cells, classes * classes, ({ counts: [count] }) => count > 0)
    checkCounts(cells, 0, samples - ignored)
    checkCounts(diagonalOf(cells, classes), 0, correct)
  },
  report: (cells, { outputs }, spec) => matrixOf(cells, classesOf(spec, outputs), ({ counts: [count] }) => count),
}

/** Sums of s_i in the same cells. */
export const confusionWeights: SectionAtOnce<Groups> = {
  ...groupsOf(0, 1),
  answerNumbers: confusion.answerNumbers,
  stateBytes: (spec, outputs) => groupBytes(classesOf(spec, outputs) ** 2, 0, 1),
  fold(spec, { rows, decisions, sampleWeights }) {
    const cells: Groups = new Map()
    if (decisions === undefined) return cells
    const grouping = cellsOf(decisions, classesOf(spec, rows.outputs))
    const sums = groupSums(grouping, sampleWeights)
    for (const [at, cell] of grouping.groups.entries()) {
      if (sums[at].mantissa !== 0n) cells.set(cell, { counts: [], sums: [sums[at]] })
    }
    return cells
  },
  check(cells, { outputs, sampleWeight, correctWeight }, spec) {
    const classes = classesOf(spec, outputs)
    checkGroups(cells, classes * classes, ({ sums: [sum] }) => sum.mantissa > 0n)
    checkSums(cells, 0, sampleWeight)
    checkSums(diagonalOf(cells, classes), 0, correctWeight)
  },
  report: (cells, { outputs }, spec) => matrixOf(cells, classesOf(spec, outputs), ({ sums: [sum] }) => toDouble(sum)),
}

/** The rows of each cell. */
function cellsOf({ labelled, predicted }: Decisions, classes: number): Grouping {
  return groupRows(
    labelled.map((label, i) => label * classes + predicted[i]),
    classes * classes,
  )
}

function diagonalOf(cells: Groups, classes: number): Groups {
  return new Map(Array.from(cells).filter(([cell]) => cell % (classes + 1) === 0))
}

function* matrixOf(cells: Groups, classes: number, numberIn: (totals: Totals) => number): Generator<void, number[][]> {
  const rowsPerStep = Math.ceil(cellsPerStep / classes)
  const matrix: number[][] = []
  for (let label = 0; label < classes; label++) {
    const row: number[] = []
    for (let cell = label * classes; cell < (label + 1) * classes; cell++) {
      const totals = cells.get(cell)
      row.push(totals === undefined ? 0 : numberIn(totals))
    }
    matrix.push(row)
    if (matrix.length % rowsPerStep === 0) yield
  }
  return matrix
}

/** Cells that are reported in a step. */
const cellsPerStep = 2 ** 13
