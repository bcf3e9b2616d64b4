import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** Every page of the documentation, by its path from the root. */
export const pages: readonly string[] = ['*.md', 'docs/**/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .toSorted()

export function read(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

/** A fenced block. */
export interface Block {
  readonly language: string
  readonly code: string
  /** The lines of the page that the code takes, from 0, without the last. */
  readonly from: number
  readonly to: number
  /** The line before the fence, or the one before an empty line there. */
  readonly before: string
}

export function blocksOf(page: string): Block[] {
  const lines = read(page).split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const [, language] = lines[at].match(/^```(\w*)/) ?? []
    if (language === undefined) continue
    const to = lines.indexOf('```', at + 1)
    const before = lines[at - 1] === '' ? lines[at - 2] : lines[at - 1]
    blocks.push({ language, code: lines.slice(at + 1, to).join('\n'), from: at + 1, to, before })
    at = to
  }
  return blocks
}

/** The page without its fenced blocks, line by line. */
export function proseOf(page: string): string {
  const lines: string[] = read(page).split('\n')
  for (const { from, to } of blocksOf(page)) lines.fill('', from - 1, to + 1)
  return lines.join('\n')
}

/** Why examples are skipped, where a program does not run. */
export function without(program: string, ...args: string[]): string | false {
  return spawnSync(program, args).status !== 0 && `${program} ${args.join(' ')} fails`
}
