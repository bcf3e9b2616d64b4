import { z } from 'zod'

/** What stands in the place of each number of the metrics of labels. @param prefix of the names in the document */
export function labelShape<Leaf extends z.ZodType>(leaf: Leaf, prefix: string) {
  const averages = z
    .object({ macro: leaf, micro: leaf, weighted: leaf })
    .nullable()
    .meta({ id: `${prefix}Averages`, description: 'Null where the averages are.' })
  const agreement = { balancedAccuracy: leaf, matthewsCorrelation: leaf, cohenKappa: leaf }
  const counts = { truePositives: leaf, falsePositives: leaf, trueNegatives: leaf, falseNegatives: leaf }
  const { truePositives, falsePositives, trueNegatives, falseNegatives, specificity } = z
    .object({ ...counts, specificity: leaf })
    .partial().shape
  const output = z
    .object({ ...counts, precision: leaf, recall: leaf, f1: leaf, jaccard: leaf, specificity: leaf, ...agreement })
    .meta({ id: `${prefix}OutputMetrics`, description: 'Of one binary output.' })
  return z
    .object({
      precision: averages,
      recall: averages,
      f1: averages,
      jaccard: averages,
      ...agreement,
      truePositives,
      falsePositives,
      trueNegatives,
      falseNegatives,
      specificity,
      perOutput: z.array(output).optional(),
      perplexity: leaf.optional(),
    })
    .meta({
      id: `${prefix}LabelMetrics`,
      description: `Of each of LabelMetrics. Several binary outputs are clustered by row.`,
    })
}

/** Likewise of values. */
export function valueShape<Leaf extends z.ZodType>(leaf: Leaf, prefix: string) {
  return z
    .object({
      rmse: leaf,
      r2: z.object({ uniformAverage: leaf, perOutput: z.array(leaf) }),
      explainedVariance: leaf,
      maxError: leaf.meta({ description: 'A largest number has no standard error: nulls.' }),
      meanError: leaf,
    })
    .meta({ id: `${prefix}ValueMetrics`, description: 'Of each of ValueMetrics. The outputs of a row are clustered.' })
}

/** The places of numbers in a report, which are null where there is none. */
const ofObjects: ReadonlySet<string> = new Set(['precision', 'recall', 'f1', 'jaccard'])

/** A report with something else in the place of each number. @param leaf by path, such as `f1.macro`, for a number or `null` */
export function replaceNumbers(report: object, leaf: (path: string, value: number | null) => unknown): unknown {
  return replaced(report, '')

  function replaced(value: unknown, path: string): unknown {
    if (value === undefined || typeof value === 'number') return leaf(path, value ?? null)
    // averages that are null have no numbers
    if (value === null) return ofObjects.has(path) ? null : leaf(path, null)
    const inner = (name: string | number, each: unknown) => replaced(each, path === '' ? `${name}` : `${path}.${name}`)
    if (Array.isArray(value)) return value.map((each, at) => inner(at, each))
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(name, each)]))
  }
}
