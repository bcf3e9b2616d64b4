import type { Attack } from './attack.ts'
import { connections } from './connections.ts'
import { errors } from './errors.ts'
import { handshakes } from './handshakes.ts'
import { inferenceAttacks } from './inference.ts'
import { joins } from './joins.ts'
import { memory } from './memory.ts'
import { processor } from './processor.ts'
import { rest } from './rest.ts'
import { shutdown } from './shutdown.ts'
import { store } from './store.ts'
import { tables } from './tables.ts'

/** Every attack, in the order of the table. */
export const attacks: readonly Attack[] = [
  ...memory,
  ...inferenceAttacks,
  ...tables,
  ...store,
  ...processor,
  ...connections,
  ...handshakes,
  ...errors,
  ...joins,
  ...shutdown,
  ...rest,
]
