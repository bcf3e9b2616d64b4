import { z } from 'zod'
import type { Dyadic } from '../numerics/dyadic.ts'
import { compare, fromDouble, ratio, toDouble, zero } from '../numerics/dyadic.ts'
import { exponential } from '../numerics/elementary/elementary.ts'
import type { Tally } from '../tally.ts'
import type { Groups } from './groups.ts'
import { groupBytes, groupsOf } from './groups.ts'
import type { LabelMetrics } from './label-metrics.ts'
import { foldLabels, labelMetrics, labelSums, reportLabels } from './label-metrics.ts'
import type { SectionInSteps } from './section.ts'
import type { ValueMetrics } from './value-metrics.ts'
import { foldValues, reportValues, valueFactors, valueMetrics, valueSums } from './value-metrics.ts'

export type MetricsReport = ValueMetrics | LabelMetrics

export interface MetricsState {
  readonly groups: Groups
  largest: Dyadic
}

/** More than any two doubles differ by. */
const beyond: Dyadic = { mantissa: 1n, exponent: 1025 }

const ofLabels = groupsOf(0, labelSums)
const ofValues = groupsOf(0, valueSums)

export const metrics: SectionInSteps<MetricsState, MetricsReport> = {
  needs: [],
  schema: z
    .union([labelMetrics, valueMetrics])
    .meta({ description: 'Metrics by name, weighted by s_i: of class and binary labels, or of values.' }),
  // a class has three sums; a binary output twelve numbers and three sums; a value two numbers and five sums
  answerNumbers: ({ decision }, { outputs }) => 20 + outputs * { class: 3, binary: 15, none: 7 }[decision],
  stateBytes: ({ decision }, outputs) => groupBytes(outputs, 0, decision === 'none' ? valueFactors : labelSums),
  empty: () => ({ groups: new Map(), largest: zero }),
  *foldInto(into, spec, slice) {
    if (spec.decision !== 'none') yield* foldLabels(into.groups, spec, slice)
    else {
      const largest = yield* foldValues(into.groups, slice)
      raise(into, Number.isFinite(largest) ? fromDouble(largest) : beyond)
    }
  },
  *absorb(into, from) {
    yield* ofLabels.absorb(into.groups, from.groups)
    raise(into, from.largest)
  },
  *write({ groups, largest }, writer) {
    yield* ofLabels.write(groups, writer)
    writer.sum(largest)
  },
  *read(reader, { decision }) {
    const groups = yield* decision === 'none' ? ofValues.read(reader) : ofLabels.read(reader)
    return { groups, largest: reader.sum() }
  },
  *report({ groups, largest }, tally, spec): Generator<void, MetricsReport> {
    if (spec.decision === 'none') return yield* reportValues(groups, toDouble(largest), tally)
    const report = yield* reportLabels(groups, tally, spec)
    return spec.loss === 'cross-entropy' ? { ...report, perplexity: perplexityOf(tally) } : report
  },
}

function raise(state: MetricsState, largest: Dyadic): void {
  if (compare(largest, state.largest) > 0) state.largest = largest
}

/** e to the mean loss; `null` where that is not finite, or beyond a double. */
function perplexityOf({ infinite, loss, weight }: Tally): number | null {
  if (infinite > 0 || weight.mantissa === 0n) return null
  const perplexity = exponential(ratio(loss, weight))
  return Number.isFinite(perplexity) ? perplexity : null
}
