import type { ErrorCode } from '../../loss/error-codes.ts'

/** What is wrong with a table, or with what was said of it. */
export interface TableFault {
  readonly path: readonly string[]
  readonly detail: string
  readonly received: string
  readonly code: ErrorCode
}

export class TableError extends Error {
  readonly fault: TableFault

  constructor(path: readonly string[], detail: string, received: string, code: ErrorCode) {
    super(detail)
    this.fault = { path, detail, received, code }
  }
}

/** @throws TableError if a limit is exceeded */
export function checkSize(limit: string, found: number, allowed: number): void {
  if (found <= allowed) return
  throw new TableError(
    ['table'],
    `the table exceeds ${limit}, ${allowed}: it has ${found}.`,
    String(found),
    'out-of-range',
  )
}
