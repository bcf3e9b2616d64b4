import { columnsIn } from './groups/columns.ts'
import type { OptionName } from './options.ts'
import { isDefault, optionNames, optionOf } from './options.ts'
import { isMergeable, needs, onlyOfOneBatch, rowNames } from './report/sections.ts'
import type { Options, Spec } from './spec.ts'
import { frameOf } from './spec.ts'
import { ValidationErrors } from './validation-errors.ts'
import { quoted } from './words.ts'

/** Fills in the defaults. @throws InvalidContent naming each option that contradicts another */
export function resolve(options: Options): Spec {
  const { terms, applied, defaults } = frameOf(options)
  const spec: Spec = { ...defaults }
  const values: Partial<Record<OptionName, unknown>> = spec
  const errors = new ValidationErrors()
  for (const name of optionNames) {
    const given = options[name]
    if (given === undefined) continue
    if (applied.has(name)) values[name] = given
    else if (!isDefault(name, given, terms.loss)) {
      errors.add([name], `${name} has no effect here; it applies to ${optionOf(name).appliesTo}`, given, 'no-effect')
    }
  }
  if (applied.has('epsilon') && spec.logPolicy === 'clip' && spec.epsilon >= 0.5) {
    errors.add(
      ['epsilon'],
      `epsilon is ${spec.epsilon}; with logPolicy "clip" it must be below 0.5`,
      spec.epsilon,
      'out-of-range',
    )
  }
  checkThresholds(spec, errors)
  checkClasses(spec, errors)
  checkGroupings(spec, errors)
  checkIncludes(spec, errors)
  errors.throwIfAny()
  return spec
}

function checkThresholds({ thresholds, costs }: Spec, errors: ValidationErrors): void {
  if (costs !== undefined && thresholds === undefined) {
    errors.add(['costs'], 'costs has no effect without thresholds', costs, 'no-effect')
  }
  if (thresholds === undefined || typeof thresholds === 'number') return
  const at = thresholds.findIndex((threshold, place) => place > 0 && threshold <= thresholds[place - 1])
  if (at < 0) return
  const detail = `thresholds[${at}] is ${thresholds[at]}; it must be greater than the previous one, ${thresholds[at - 1]}`
  errors.add(['thresholds', at], detail, thresholds[at], 'out-of-range')
}

function checkClasses({ classes = [] }: Spec, errors: ValidationErrors): void {
  if (new Set(classes).size === classes.length) return
  const first = new Map<string, number>()
  for (const [at, name] of classes.entries()) {
    const before = first.get(name)
    if (before === undefined) first.set(name, at)
    else
      errors.add(
        ['classes', at],
        `classes[${at}] is ${quoted(name)}, and so is classes[${before}]`,
        name,
        'given-twice',
      )
  }
}

function checkGroupings({ groupBy = [] }: Spec, errors: ValidationErrors): void {
  const known = new Set<string>()
  for (const [at, grouping] of groupBy.entries()) {
    const columns = columnsIn(grouping)
    const text = JSON.stringify(columns)
    if (known.has(text)) errors.add(['groupBy', at], `groupBy contains ${text} twice`, grouping, 'given-twice')
    if (new Set(columns).size < columns.length)
      errors.add(['groupBy', at], `${text} contains a column twice`, grouping, 'given-twice')
    known.add(text)
  }
}

function checkIncludes({ include, decision, predictionFormat, topK }: Spec, errors: ValidationErrors): void {
  const at = include.indexOf('intervals')
  if (at >= 0 && topK === undefined && !include.some((part) => part === 'metrics' || part === 'ranking')) {
    const detail = 'intervals has no effect without figures; add metrics or ranking to include, or set topK'
    errors.add(['include', at], detail, 'intervals', 'no-effect')
  }
  for (const [at, part] of include.entries()) {
    if (decision === 'none' && needs(part, 'decisions')) {
      errors.add(
        ['include', at],
        `${part} requires class or binary labels, and labelFormat is "values"`,
        part,
        'not-available',
      )
    } else if (predictionFormat === 'values' && needs(part, 'probabilities')) {
      const detail = `${part} requires probabilities; declare with predictionFormat what predictions contains`
      errors.add(['include', at], detail, part, 'not-available')
    }
  }
}

/** @throws InvalidContent naming each option that needs all rows at once */
export function refuseForStreams(options: Options): void {
  const errors = new ValidationErrors()
  const only = 'is only available for a single batch'
  for (const name of optionNames) {
    const singleBatch = singleBatchOf(name)
    const value = options[name]
    if (singleBatch === true && value !== undefined) errors.add([name], `${name} ${only}`, value, 'not-available')
    else if (typeof value === 'string' && singleBatch !== true && singleBatch.includes(value))
      errors.add([name], `${name} "${value}" ${only}`, value, 'not-available')
  }
  for (const [at, part] of (options.include ?? []).entries())
    if (!isMergeable(part)) errors.add(['include', at], onlyOfOneBatch(part), part, 'not-available')
  errors.throwIfAny()
}

export function singleBatchOf(name: OptionName): true | readonly string[] {
  return name === 'include' ? rowNames : (optionOf(name).singleBatch ?? [])
}
