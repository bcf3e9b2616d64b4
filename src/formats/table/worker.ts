import { parentPort } from 'node:worker_threads'
import type { AssembledTable } from './assemble.ts'
import type { TableFault } from './errors.ts'
import { TableError } from './errors.ts'
import type { TableRequest } from './read.ts'
import { readTable } from './read.ts'

export type TableReply =
  | { readonly reserve: number }
  | { readonly table: AssembledTable }
  | { readonly fault: TableFault }
  | { readonly broken: string }

let goOn: (() => void) | undefined

function reply(message: TableReply, buffers: ArrayBufferLike[] = []): void {
  parentPort?.postMessage(
    message,
    buffers.filter((buffer) => buffer instanceof ArrayBuffer),
  )
}

function reserve(bytes: number): Promise<void> {
  const answered = new Promise<void>((resolve) => {
    goOn = resolve
  })
  reply({ reserve: bytes })
  return answered
}

async function read(request: TableRequest): Promise<void> {
  try {
    const table = await readTable(request, reserve)
    const numbers = Object.values(table.tensors).map(({ data }) => data.buffer)
    const codes = table.groups.map(([, group]) => group.codes.buffer)
    reply({ table }, [...numbers, ...codes, ...(table.at === undefined ? [] : [table.at.buffer])])
  } catch (error) {
    if (error instanceof TableError) reply({ fault: error.fault })
    else reply({ broken: (error as Error).message })
  }
}

// one table at a time, which goes on when there is memory for it
parentPort?.on('message', (message: TableRequest | 'go on') => {
  if (message === 'go on') goOn?.()
  else void read(message)
})
