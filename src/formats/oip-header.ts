import { z } from 'zod'
import { batchTensors, comparisonTensors } from '../loss/batch.ts'
import { explained } from '../loss/meanings.ts'
import { alternatives } from '../loss/option-types.ts'
import { weightOptions } from '../loss/options.ts'
import { asReceived } from '../loss/shape.ts'
import type { Doubles } from '../loss/tensor.ts'
import { hasDoubles, isTensor } from '../loss/tensor.ts'
import type { Path } from '../loss/validation-errors.ts'
import { ValidationErrors } from '../loss/validation-errors.ts'
import type { ScannedDocument } from '../scanner/scanner.ts'
import { bytesOf, datatypeMeanings, datatypes } from './datatypes.ts'
import type { BodyLimits } from './limits.ts'
import { checkShape, elementsOf } from './raw-tensor.ts'
import { checkValueCount, validated } from './schema.ts'

/** The datatype of texts, which labels and columns of groups may have. */
export const bytesType = 'BYTES'
const allDatatypes = [...datatypes, bytesType] as const
const columnPrefix = 'groups.'
/** Eight groupings of four. */
const mostColumns = 32

function nameOf(names: readonly string[]) {
  const error = `must be ${alternatives([...names, `${columnPrefix}COLUMN`])}`
  return z
    .string({ error })
    .refine((name) => isColumn(name) || names.some((known) => known === name), { error })
    .meta({
      description: `${names.map((name) => `\`${name}\``).join(', ')}, or \`groups.country\` for the column \`country\`.`,
    })
}

/** Whether an input is a column of groups: `groups.country`. */
export function isColumn(name: string): boolean {
  return name.startsWith(columnPrefix) && name.length > columnPrefix.length
}

/** The name of the column that an input is. */
export function columnName(name: string): string {
  return name.slice(columnPrefix.length)
}

function headerWith(names: readonly string[], id: string, lists: readonly string[] = []) {
  const input = z.strictObject({
    name: nameOf([...names, ...lists]),
    shape: z.array(z.int().min(0)).max(2),
    datatype: z
      .enum(allDatatypes)
      .meta({ description: `Type of the elements. ${explained(allDatatypes, datatypeMeanings)}` }),
    parameters: z.strictObject({ binary_data_size: z.int().min(0) }).optional(),
    data: z
      .custom<Doubles>((value) => isTensor(value) && hasDoubles(value), { error: 'must be an array of numbers' })
      .meta({
        type: 'array',
        items: {},
        description: 'The numbers, as a flat list or as rows, unless they follow as bytes.',
      })
      .optional(),
  })
  return z
    .strictObject({
      id: z.unknown().meta({ type: 'string' }).optional(),
      parameters: z.record(z.string(), z.unknown()).optional(),
      inputs: z
        .array(input)
        .min(1)
        .max(names.length + lists.length + mostColumns),
      outputs: z
        .unknown()
        .meta({ type: 'array', items: { type: 'object' } })
        .optional(),
    })
    .meta({
      id,
      description:
        'An inference request, or the JSON part of one: the options in `parameters`, and the shape, type and size (or the data) of each tensor. The fields that determine the form of the answer (`id`, `outputs`, `binary_data_output`) only have an effect under /v2.',
    })
}

export const binaryHeader = headerWith(batchTensors, 'BinaryHeader')
export type BinaryHeader = z.infer<typeof binaryHeader>
export type Input = BinaryHeader['inputs'][number]

export interface TensorKind {
  readonly names: readonly string[]
  /** Those that are lists of texts and integers. */
  readonly lists: readonly string[]
  readonly header: typeof binaryHeader
  /** The members of a JSON body that are tensors: always the same list for the same kind. */
  readonly members: readonly string[]
}

/** The member of a JSON body that is columns of groups. */
export const groupsMember = 'groups{}'
export const inputData = 'inputs[].data'

export const batchKind: TensorKind = {
  names: batchTensors,
  lists: [],
  header: binaryHeader,
  members: [...batchTensors, ...weightOptions, inputData, groupsMember],
}
export const comparisonKind: TensorKind = {
  names: comparisonTensors,
  lists: [],
  header: headerWith(comparisonTensors, 'ComparisonHeader'),
  members: [...comparisonTensors, ...weightOptions, inputData, groupsMember],
}

const halfLists = ['ids', 'at']
/** The predictions of rows, or their labels, with the ids of the rows. */
export const halfKind: TensorKind = {
  names: batchTensors,
  lists: halfLists,
  header: headerWith(batchTensors, 'HalfHeader', halfLists),
  members: [...batchKind.members, ...halfLists.map((name) => `${name}[]`)],
}

/** Bytes that follow the JSON part. */
export function sizeOf({ parameters }: Input): number {
  return parameters?.binary_data_size ?? 0
}

/** What a JSON part says, once it is clear that it says nothing that cannot be. */
export function headerOf(
  { options, tensors, listed, groups }: ScannedDocument,
  limits: BodyLimits,
  { header: schema, lists }: TensorKind = batchKind,
): BinaryHeader {
  placeData(options.inputs, listed)
  checkValueCount({ inputs: options.inputs }, limits.maxOptionValues)
  const header = validated(schema, { ...options, ...tensors, ...(groups && { groups }) })
  const { inputs } = header
  const errors = new ValidationErrors()
  for (const [at, input] of inputs.entries()) {
    const { name, shape } = input
    if (inputs.findIndex((other) => other.name === name) < at) {
      errors.add(['inputs', at, 'name'], `inputs contains "${name}" twice`, name, 'given-twice')
    } else {
      checkKind(input, lists, ['inputs', at], errors)
      checkNumbers(input, ['inputs', at], errors)
    }
    checkShape(shape, limits, ['inputs', at, 'shape'])
  }
  errors.throwIfAny()
  return header
}

function placeData(inputs: unknown, listed: readonly Doubles[]): void {
  if (!Array.isArray(inputs)) return
  const rest = [...listed]
  for (const input of inputs) {
    if (typeof input === 'object' && input !== null && Object.hasOwn(input, 'data')) input.data = rest.shift()
  }
}

/** Columns of groups are texts, integers or truth values, in one dimension; lists texts or integers; labels texts or numbers; other inputs are numbers. */
function checkKind(
  { name, datatype, shape }: Input,
  lists: readonly string[],
  path: Path,
  errors: ValidationErrors,
): void {
  const isText = datatype === bytesType
  const isList = lists.includes(name)
  if (!isColumn(name) && !isList) {
    const others = `${['labels', ...lists].join(', ')} and columns of groups`
    if (isText && name !== 'labels')
      errors.add(
        [...path, 'datatype'],
        `${name} is BYTES, which is only allowed for ${others}`,
        datatype,
        'unsupported',
      )
    return
  }
  const isReal = datatype === 'BF16' || datatype.startsWith('FP') || (isList && datatype === 'BOOL')
  if (isReal)
    errors.add(
      [...path, 'datatype'],
      `${name} is ${datatype}; it must be ${isList ? 'BYTES or integers' : 'BYTES, BOOL or integers'}`,
      datatype,
      'unsupported',
    )
  if (shape.length === 0 || (shape[1] ?? 1) !== 1) {
    errors.add([...path, 'shape'], `${name} must have one value for each sample`, `[${shape.join(', ')}]`, 'shape')
  }
}

function checkNumbers({ name, shape, datatype, parameters, data }: Input, path: Path, errors: ValidationErrors): void {
  const sizePath = [...path, 'parameters', 'binary_data_size']
  const dataPath = [...path, 'data']
  const elements = elementsOf(shape)
  const inWords = `shape [${shape.join(', ')}]`
  if (data === undefined) {
    const size = parameters?.binary_data_size
    // the texts of BYTES have any length
    const needed = datatype === bytesType ? (size ?? 0) : elements * bytesOf(datatype)
    const detail = `${inWords} of ${datatype} takes ${needed} bytes, not ${size}`
    if (size === undefined) errors.add(path, `${name} has neither data nor binary_data_size`, 'neither', 'missing')
    else if (size !== needed) errors.add(sizePath, detail, size, 'shape')
  } else if (parameters !== undefined) {
    errors.add(dataPath, `${name} has both data and binary_data_size`, asReceived(data), 'given-twice')
  } else if (datatype === 'BF16' || (datatype === bytesType && name !== 'labels')) {
    errors.add([...path, 'datatype'], `${datatype} can be sent as bytes, but not in JSON`, datatype, 'unsupported')
  } else if (data.shapeError === undefined && !isSame(data.shape, shape)) {
    const isList = data.shape.length === 1
    if (isList && data.shape[0] === elements) return
    const found = isList ? `${data.shape[0]}` : `shape [${data.shape.join(', ')}]`
    errors.add(
      dataPath,
      `data of ${name} has ${found}; ${inWords} needs ${elements} numbers`,
      asReceived(data),
      'shape',
    )
  }
}

function isSame(shape: readonly number[], other: readonly number[]): boolean {
  return shape.length === other.length && shape.every((size, at) => size === other[at])
}

/** The place in an inference request of what field names say: options stand in `parameters`, the numbers of a tensor in the `data` of its input. */
export function locate(inputs: readonly Input[], path: Path, { names, lists }: TensorKind = batchKind): Path {
  if (path[0] === 'groups' && path.length > 1) return locateColumn(inputs, path)
  const [name, ...rest] = path
  if (name === 'groups') return ['inputs']
  if (!names.some((known) => known === name) && !lists.some((known) => known === name))
    return path.length === 0 ? path : ['parameters', ...path]
  const at = inputs.findIndex((input) => input.name === name)
  if (at < 0) return ['inputs']
  if (rest.length === 0) return ['inputs', at]
  const { data, shape } = inputs[at]
  const isFlat = data?.shape.length === 1 && shape.length === 2
  return ['inputs', at, 'data', ...(isFlat ? [indexIn(shape, rest)] : rest)]
}

function locateColumn(inputs: readonly Input[], [, column, ...rest]: Path): Path {
  const at = inputs.findIndex(({ name }) => name === `${columnPrefix}${column}`)
  if (at < 0) return ['inputs']
  return rest.length === 0 ? ['inputs', at] : ['inputs', at, 'data', ...rest]
}

function indexIn([, columns]: readonly number[], [row, column = 0]: Path): number {
  return Number(row) * columns + Number(column)
}
