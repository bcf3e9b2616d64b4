import { z } from 'zod'

/** In the pattern of a figure: the index of an element, and a key of any form. */
const [anyIndex, anyKey] = ['*', '{}']

/** The paths of all single numbers of an answer, as patterns: `accuracy`, `metrics.f1.macro`, `perClass.*.recall`. */
export function figurePatterns(schema: z.ZodType): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return figurePatterns(schema.unwrap() as z.ZodType)
  }
  if (schema instanceof z.ZodNumber) return ['']
  if (schema instanceof z.ZodArray) return below(anyIndex, schema.element as z.ZodType)
  if (schema instanceof z.ZodRecord) return below(anyKey, schema.valueType as z.ZodType)
  if (schema instanceof z.ZodUnion) {
    return Array.from(new Set(schema.options.flatMap((option) => figurePatterns(option as z.ZodType))))
  }
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([name, field]) => below(name, field as z.ZodType))
}

function below(step: string, schema: z.ZodType): string[] {
  return figurePatterns(schema).map((path) => (path === '' ? step : `${step}.${path}`))
}

/** Whether a path fits one of these patterns. */
export function isFigure(figure: string, patterns: ReadonlySet<string>): boolean {
  if (/[*{]/.test(figure)) return false
  if (patterns.has(figure)) return true
  const steps = figure.split('.')
  for (const pattern of patterns) {
    if (/[*{]/.test(pattern) && fits(steps, pattern.split('.'))) return true
  }
  return false
}

/** A key of any form may have points in it, and stands for one step or several. */
function fits(steps: readonly string[], pattern: readonly string[]): boolean {
  const keyAt = pattern.indexOf(anyKey)
  if (keyAt < 0) return steps.length === pattern.length && steps.every((step, at) => fitsStep(step, pattern[at]))
  const after = pattern.length - keyAt - 1
  if (steps.length < pattern.length) return false
  return (
    fits(steps.slice(0, keyAt), pattern.slice(0, keyAt)) &&
    fits(steps.slice(steps.length - after), pattern.slice(keyAt + 1))
  )
}

function fitsStep(step: string, pattern: string): boolean {
  return pattern === anyIndex ? /^(?:0|[1-9]\d{0,8})$/.test(step) : step === pattern
}
