import type { z } from 'zod'
import { nearest } from '../../formats/did-you-mean.ts'
import { rowNames } from '../../loss/report/sections.ts'
import { lossDifference, pairedDifference } from '../comparisons/answer.ts'
import { evaluationAnswer } from '../evaluations/schema.ts'
import { lossAnswer } from '../loss/answer.ts'
import { figurePatterns } from './patterns.ts'

/** Parts that have a number for each row, or a table of numbers, and what was declared. */
const noFigures = new Set<string>(['losses', 'confusion', 'confusionWeights', 'spec', 'dropped', ...rowNames])
noFigures.delete('ranking')

/** What of the figures of an answer can be required, as patterns; those without an index come first. */
function figuresOf(schema: typeof lossAnswer | typeof evaluationAnswer): ReadonlySet<string> {
  const patterns = figurePatterns(schema).filter((pattern) => {
    const steps = pattern.split('.')
    return !steps.includes('key') && !steps.some((step) => noFigures.has(step) && !pattern.startsWith('ranking'))
  })
  return new Set(patterns.toSorted((a, b) => Number(a.includes('*')) - Number(b.includes('*'))))
}

export const lossFigures = figuresOf(lossAnswer)
export const reportFigures = figuresOf(evaluationAnswer)

/** The figures of which a comparison has the difference with an interval; one of evaluations has fewer. */
export const comparedFigures = figuresOfDifference(pairedDifference)
export const comparedReportFigures = figuresOfDifference(lossDifference)

function figuresOfDifference(schema: z.ZodType): ReadonlySet<string> {
  const ends = figurePatterns(schema).filter((pattern) => pattern.endsWith('.standardError'))
  return new Set(['loss', ...ends.map((pattern) => pattern.replace(/\.standardError$/, ''))])
}

/** The figure that was meant: one that is spelled nearly so, or of which this is a part, such as `f1` of `metrics.f1.macro`. */
export function figureMeant(figure: string, patterns: ReadonlySet<string>): string | undefined {
  const indices: string[] = []
  const word = figure.replaceAll(/(?<=^|\.)\d+(?=\.|$)/g, (index) => {
    indices.push(index)
    return '*'
  })
  const byPart = new Map<string, string>()
  for (const pattern of patterns) {
    for (const part of partsOf(pattern)) if (!byPart.has(part)) byPart.set(part, pattern)
  }
  const near = nearest(word, [...patterns]) ?? byPart.get(nearest(word, [...byPart.keys()]) ?? '')
  return near?.replaceAll('*', () => indices.shift() ?? '0')
}

/** The ends of a path, and the steps in between. */
function partsOf(pattern: string): string[] {
  const steps = pattern.split('.')
  return steps.flatMap((step, at) => (at === 0 || step === '*' ? [] : [step, steps.slice(at).join('.')]))
}
