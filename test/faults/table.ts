import type { Result } from './round.ts'
import type { Trial } from './trial.ts'

const columns: [title: string, cell: (result: Result) => string | number][] = [
  ['store', ({ name, replicas }) => `${name}, ${replicas} ${replicas === 1 ? 'process' : 'replicas'}`],
  ['kills', ({ kills }) => kills],
  ['asked to end', ({ ends }) => ends],
  ['outages', ({ outages }) => outages],
  ['requests', ({ requests }) => requests],
  ['cut by clients', ({ cut }) => cut],
  ['cut by kills', ({ broken }) => broken],
  ['503', ({ unavailable }) => unavailable],
  ['batches', ({ batches }) => batches],
  ['lost', ({ lost }) => lost],
  ['twice', ({ twice }) => twice],
  ['gaps', ({ gaps }) => gaps],
  ['reports between', ({ interims }) => interims],
  ['event streams', ({ streams }) => streams],
  ['events after, ms (99 %, longest)', ({ delay }) => `${delay.usual.toFixed()}, ${delay.longest.toFixed()}`],
  ['seconds', ({ seconds }) => seconds.toFixed()],
  ['holds', ({ faults }) => holds(faults)],
]

/** Rounds as a table in Markdown. */
export function table(results: readonly Result[]): string {
  const rows = results.map((result) => columns.map(([, cell]) => String(cell(result))))
  return markdown(
    columns.map(([title]) => title),
    rows,
  )
}

/** Troubles of stores as a table in Markdown. */
export function troubleTable(trials: ReadonlyMap<string, Trial>): string {
  const rows = Array.from(trials, ([name, { answer, faults }]) => [name, answer, holds(faults)])
  return markdown(['trouble', 'answer', 'holds'], rows)
}

function holds(faults: readonly string[]): string {
  return faults.length === 0 ? 'yes' : `**no**: ${faults.length} faults`
}

function markdown(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [titles, titles.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}
