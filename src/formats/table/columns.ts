import { z } from 'zod'

const name = z.string().min(1).max(256)
const names = z.union([name, z.array(name).min(1).max(10_000)])

/** Which columns of a table are what. */
export const tableColumns = z
  .strictObject({
    predictions: names,
    labels: names,
    sampleWeights: name,
    baseline: names,
    ids: name,
    at: name,
    groups: z.union([z.array(name).min(1).max(32), z.record(name, name)]),
  })
  .partial()
  .meta({
    id: 'TableColumns',
    description:
      'Which columns of the table are what. A name is a column: of numbers, or of lists of numbers, each a row. A list of names is a row for each line of the table. `groups` lists columns, or gives each column of `groupBy` the name of one in the table.',
    examples: [{ predictions: ['p0', 'p1'], labels: 'y', groups: ['country'] }],
  })

export type TableColumns = z.infer<typeof tableColumns>

export const tableFormats = ['parquet', 'arrow', 'csv'] as const
export type TableFormat = (typeof tableFormats)[number]

export const missingPolicies = ['refuse', 'drop'] as const
export type Missing = (typeof missingPolicies)[number]

export const numericRoles = ['predictions', 'labels', 'sampleWeights', 'baseline'] as const
export type NumericRole = (typeof numericRoles)[number]

/** The groups by the names that `groupBy` has for them. */
export function groupsOf({ groups = [] }: TableColumns): [group: string, column: string][] {
  return Array.isArray(groups) ? groups.map((column) => [column, column]) : Object.entries(groups)
}

/** The columns that are used, each once. */
export function usedColumns(columns: TableColumns): string[] {
  const { predictions = [], labels = [], sampleWeights = [], baseline = [], ids = [], at = [] } = columns
  const numbers = [predictions, labels, sampleWeights, baseline, ids, at].flat()
  return Array.from(new Set([...numbers, ...groupsOf(columns).map(([, column]) => column)]))
}
