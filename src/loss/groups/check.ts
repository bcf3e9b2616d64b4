import type { Layout } from '../shape.ts'
import { counted } from '../shape.ts'
import type { Spec } from '../spec.ts'
import { refuse, ValidationErrors } from '../validation-errors.ts'
import type { GroupColumns } from './columns.ts'
import { columnsOf, maxGroupKeyLength } from './columns.ts'

/**
 * Refuses groups that are not exactly the columns of `groupBy`, each with one value for each sample.
 *
 * @throws InvalidContent
 */
export function checkGroups(spec: Spec, groups: GroupColumns | undefined, { samples }: Layout): void {
  if (groups === undefined && spec.groupBy === undefined) return
  const names = columnsOf(spec)
  const list = names.map((name) => `"${name}"`).join(', ')
  if (groups === undefined) {
    if (names.length > 0)
      refuse(['groups'], `groups is missing; groupBy needs the columns ${list}`, 'nothing', 'missing')
    return
  }
  const needs = `an object with one array for each column of groupBy, ${list}`
  if (names.length === 0) refuse(['groups'], 'groups has no effect without groupBy', 'groups', 'no-effect')
  if (groups.fault !== undefined)
    refuse(['groups'], `groups is ${groups.fault}; it must be ${needs}`, groups.fault, 'wrong-type')
  const errors = new ValidationErrors()
  for (const name of groups.columns.keys()) {
    if (!names.includes(name))
      errors.add(['groups', name], `groupBy does not use this column, only ${list}`, name, 'unknown-field')
  }
  for (const name of names) checkColumn(name, groups.columns.get(name), samples, errors)
  errors.throwIfAny()
}

function checkColumn(
  name: string,
  column: ReturnType<GroupColumns['columns']['get']>,
  samples: number,
  errors: ValidationErrors,
): void {
  const path = ['groups', name]
  const needs = `one value for each of ${counted(samples, 'sample')}`
  if (column === undefined) {
    errors.add(path, `groups.${name} is missing; groupBy needs ${needs}`, 'nothing', 'missing')
  } else if (typeof column === 'string') {
    errors.add(path, `groups.${name} is ${column}; it must be an array with ${needs}`, column, 'wrong-type')
  } else if (column.codes.length !== samples) {
    const found = counted(column.codes.length, 'value')
    errors.add(
      path,
      `groups.${name} has ${found}; it must have ${needs}`,
      `an array of ${column.codes.length}`,
      'shape',
    )
  } else {
    for (const { at, received } of column.wrong) {
      const what = `a string of up to ${maxGroupKeyLength} characters, an integer, true, false or null`
      errors.add([...path, at], `groups.${name}[${at}] must be ${what}`, received, 'wrong-type')
    }
    errors.count += column.wrongCount - column.wrong.length
  }
}
