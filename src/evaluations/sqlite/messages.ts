import type { Reason } from '../errors.ts'
import type { SqliteDatabase } from './database.ts'

/** What the worker is started with. */
export interface Setup {
  readonly path: string
  readonly lockMilliseconds: number
}

export type Method = Exclude<keyof SqliteDatabase, 'close'>

export interface Call {
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
}

export type Failure = { readonly unusable: string } | { readonly reason: Reason | undefined; readonly error: unknown }

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }
