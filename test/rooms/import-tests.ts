import { globSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')

/** The tests of the pages that need no browser. */
export const pagesWithoutBrowser = ['pages/{batch,runs,strings}/*.test.ts', 'pages/{formulas,pointer}.test.ts']

/** Runs the tests of a room in this process, one file after the other: a process for each would cost two to four times as much. */
export async function importTests(patterns: readonly string[], exclude: readonly string[] = []): Promise<void> {
  const files = globSync(patterns, { cwd: folder, exclude })
  for (const file of files.toSorted()) await import(join(folder, file))
}
