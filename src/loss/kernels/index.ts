import { binaryCrossEntropy } from './binary-cross-entropy.ts'
import { brier } from './brier.ts'
import { cosine } from './cosine.ts'
import { crossEntropy } from './cross-entropy.ts'
import { dice } from './dice.ts'
import { focal } from './focal.ts'
import { hinge } from './hinge.ts'
import { huber } from './huber.ts'
import { klDivergence } from './kl-divergence.ts'
import { logCosh } from './log-cosh.ts'
import type { Loss } from './loss.ts'
import { mae } from './mae.ts'
import { mape } from './mape.ts'
import { mse } from './mse.ts'
import { msle } from './msle.ts'
import { multiMargin } from './multi-margin.ts'
import { poisson } from './poisson.ts'
import { quantile } from './quantile.ts'
import { smoothL1 } from './smooth-l1.ts'
import { squaredHinge } from './squared-hinge.ts'
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
  focal,
  'squared-hinge': squaredHinge,
  'smooth-l1': smoothL1,
  quantile,
  cosine,
  dice,
  poisson,
  msle,
  mape,
  'multi-margin': multiMargin,
} as const satisfies Record<string, Loss>

export type LossName = keyof typeof losses

export const lossNames = Object.keys(losses) as [LossName, ...LossName[]]

export const lossTitles = Object.fromEntries(lossNames.map((name) => [name, losses[name].title])) as Record<
  LossName,
  string
>
