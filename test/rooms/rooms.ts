import { globSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..')

/** The tests of each room; those of `sections` and `pages` need a browser, those of `examples` curl and Python. */
const rooms = {
  api: ['routes/**/*.test.ts'],
  app: ['*.test.ts', 'pages/{batch,runs,strings}/*.test.ts', 'pages/{formulas,pointer}.test.ts'],
  core: ['{log,operation,runtime,scanner}/**/*.test.ts'],
  docs: ['docs/{contributing,errors,generated,pages,prose,shares}.test.ts'],
  evaluations: ['{cluster,database,evaluations,quotas}/**/*.test.ts'],
  formats: ['formats/**/*.test.ts'],
  http: ['{access,http}/**/*.test.ts'],
  loss: ['loss/**/*.test.ts'],
  wire: ['wire/**/*.test.ts'],
  examples: ['docs/{ci,examples,training}.test.ts'],
  sections: ['pages/sections/*.test.ts'],
  pages: ['pages/!(formulas|pointer).test.ts'],
}

/** What has a process a file. */
const alone = ['{attacks,browser,clients,faults,fuzz,rooms,system}/*.test.ts', '{pages,system}/long/*.test.ts']

/** Runs the tests of a room in this process, one file after the other: a process for each would cost two to four times as much. */
export async function importRoom(name: keyof typeof rooms): Promise<void> {
  for (const file of globSync(rooms[name], { cwd: folder }).toSorted()) await import(join(folder, file))
}

/** The tests that no command runs. */
export function forgotten(): string[] {
  const known = new Set(globSync([...Object.values(rooms).flat(), ...alone], { cwd: folder }))
  return globSync('**/*.test.ts', { cwd: folder }).filter((file) => !known.has(file))
}
