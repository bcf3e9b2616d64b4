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
    .meta({ id: `${prefix}OutputMetrics`, description: 'The values for one binary output.' })
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
      description: 'One value for each number in LabelMetrics. Several binary outputs are clustered by row.',
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
    .meta({
      id: `${prefix}ValueMetrics`,
      description: 'One value for each number in ValueMetrics. Outputs are clustered by row.',
    })
}

/** The places of numbers in a report, which are null where there is none. */
const ofObjects: ReadonlySet<string> = new Set(['precision', 'recall', 'f1', 'jaccard'])

const elementsPerStep = 64

/**
 * A report with something else in the place of each number, in steps. @param leaf by path, such as `f1.macro`, for a number or
 * `null`
 */
export function* replaceNumbers(
  report: unknown,
  leaf: (path: string, value: number | null) => unknown,
  path = '',
): Generator<void, unknown> {
  if (report === undefined || typeof report === 'number') return leaf(path, report ?? null)
  // averages that are null have no numbers
  if (report === null) return ofObjects.has(path) ? null : leaf(path, null)
  const before = path === '' ? '' : `${path}.`
  const replaced: [string, unknown][] = []
  for (const [name, each] of Object.entries(report)) {
    replaced.push([name, yield* replaceNumbers(each, leaf, before + name)])
    if (replaced.length % elementsPerStep === 0) yield
  }
  return Array.isArray(report) ? replaced.map(([, each]) => each) : Object.fromEntries(replaced)
}
