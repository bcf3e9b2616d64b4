import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The instructions of the Dockerfile by stage, continued lines joined. */
export const stages = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll('\\\n', '')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ name: line.split(' ', 1)[0], rest: line.slice(line.indexOf(' ') + 1).trim() }))
  .reduce<{ name: string; rest: string }[][]>((list, instruction) => {
    if (instruction.name === 'FROM') list.push([])
    list[list.length - 1].push(instruction)
    return list
  }, [])
export const final = stages[stages.length - 1]

/** What follows an instruction of the final stage, the last one if there are several. */
export function said(name: string): string {
  return final.findLast((instruction) => instruction.name === name)?.rest ?? ''
}

/** The JSON list in an instruction. */
export function listIn(text: string): string[] {
  return JSON.parse(text.slice(text.indexOf('[')))
}
