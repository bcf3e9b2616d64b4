import type { Result } from './round.ts'

const columns: [title: string, cell: (result: Result) => string | number][] = [
  ['store', ({ name, replicas }) => `${name}, ${replicas} ${replicas === 1 ? 'process' : 'replicas'}`],
  ['kills', ({ kills }) => kills],
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
  ['holds', ({ faults }) => (faults.length === 0 ? 'yes' : `**no**: ${faults.length} faults`)],
]

/** Rounds as a table in Markdown. */
export function table(results: readonly Result[]): string {
  const titles = columns.map(([title]) => title)
  const align = columns.map((_, at) => (at === 0 ? '---' : '---:'))
  const rows = results.map((result) => columns.map(([, cell]) => String(cell(result))))
  return [titles, align, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
