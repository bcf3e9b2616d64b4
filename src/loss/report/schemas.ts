import { z } from 'zod'
import { lossStatuses } from './statistics.ts'

export const count = z.int().min(0)
export const classIdentity = z
  .union([count, z.string()])
  .meta({ description: 'The number of the class, or with `classes` its name.' })
export const share = z.number().min(0).max(1).nullable()
export const anyNumber = z.number().nullable()
/** A sum of s_i. */
export const sampleWeight = z.number().min(0)
export const lossStatus = z.enum(lossStatuses).meta({
  description:
    'Why `loss` is or is not a number. `finite`: `loss` is a number. `infinite`: `loss` is null because it is infinite, which JSON cannot represent. `undefined`: `loss` is null because the weights sum to 0.',
})
