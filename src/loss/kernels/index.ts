import { binaryCrossEntropy } from './binary-cross-entropy.ts'
import { brier } from './brier.ts'
import { crossEntropy } from './cross-entropy.ts'
import { hinge } from './hinge.ts'
import { huber } from './huber.ts'
import { klDivergence } from './kl-divergence.ts'
import { logCosh } from './log-cosh.ts'
import type { Loss } from './loss.ts'
import { mae } from './mae.ts'
import { mse } from './mse.ts'
import { sse } from './sse.ts'

/** Every loss function there is. Names, legal formats, the catalogue, the schemas and the tests all derive from here. */
export const losses = {
  sse,
  mse,
  mae,
  'cross-entropy': crossEntropy,
  'binary-cross-entropy': binaryCrossEntropy,
  huber,
  'log-cosh': logCosh,
  'kl-divergence': klDivergence,
  brier,
  hinge,
} as const satisfies Record<string, Loss>

export type LossName = keyof typeof losses

export const lossNames = Object.keys(losses) as [LossName, ...LossName[]]
