import { z } from 'zod'
import { lossStatuses } from './statistics.ts'

export const count = z.int().min(0)
export const share = z.number().min(0).max(1).nullable()
export const anyNumber = z.number().nullable()
/** A sum of s_i. */
export const sampleWeight = z.number().min(0)
export const lossStatus = z.enum(lossStatuses).meta({
  description:
    'JSON has no Infinity: with `infinite`, a null loss is infinite; with `undefined`, there is no weight to divide by.',
})
