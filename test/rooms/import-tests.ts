import { globSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')

/** Runs the tests of a room in this process, one file after the other: a process for each would cost two to four times as much. */
export async function importTests(...patterns: readonly string[]): Promise<void> {
  for (const file of globSync([...patterns], { cwd: folder }).toSorted()) await import(join(folder, file))
}
