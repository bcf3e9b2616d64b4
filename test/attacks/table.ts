import type { Attack, Figures, Result } from './attack.ts'
import { promised } from './attack.ts'
import { memoryBound } from './compose.ts'

const columns: [title: string, cell: (figures: Figures) => string][] = [
  [`peak, MiB (at most ${whole(memoryBound)})`, ({ peak }) => whole(peak)],
  [`settled, MiB over before (${promised.remainder})`, ({ settled }) => whole(settled)],
  ['longest turn, ms of processor (bound)', ({ turn, turnBound }) => `${turn.toFixed(1)} (${turnBound})`],
  ['the same by the clock', ({ delay }) => whole(delay)],
  [`another client's longest wait, ms (${promised.wait})`, ({ wait }) => whole(wait)],
  ['processor, s', ({ processor }) => processor.toFixed(1)],
]

/** The results as a table in Markdown: a row is one attack. */
export function table(results: ReadonlyMap<Attack, Result>): string {
  const titles = ['attack', 'answers', ...columns.map(([title]) => title), 'holds']
  const rows = Array.from(results, ([{ name }, { answers, figures, faults }]) => [
    name,
    Object.entries(answers)
      .map(([answer, times]) => `${times} x ${answer}`)
      .join(', '),
    ...columns.map(([, cell]) => (figures === undefined ? '' : cell(figures))),
    faults.length === 0 ? 'yes' : `**no**: ${faults.join('; ')}`,
  ])
  const align = titles.map((_, i) => (i > 1 && i < titles.length - 1 ? '---:' : '---'))
  return [titles, align, ...rows].map((cells) => `| ${cells.map(escaped).join(' | ')} |`).join('\n')
}

function whole(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: 0 })
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
}
