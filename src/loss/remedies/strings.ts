import type { Tensors } from '../batch.ts'
import { comparisonTensors } from '../batch.ts'
import type { Tensor } from '../tensor.ts'

const number = /^\s*-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\s*$/

/** Whether a text is a number as JSON has it, with or without spaces around it. */
export function isNumeral(text: string): boolean {
  return number.test(text)
}

/** The names of the tensors that hold strings which are numbers, and no other elements that are not numbers. */
export function tensorsOfStrings(tensors: Tensors): string[] {
  return comparisonTensors.filter((name) => isOfStrings(tensors[name]))
}

/** All of them are known: beyond those that are listed a string is no longer there to be read. */
function isOfStrings(tensor: Tensor | undefined): boolean {
  if (tensor === undefined || tensor.nonNumericCount === 0) return false
  const { nonNumeric, nonNumericCount } = tensor
  return (
    nonNumeric.length === nonNumericCount &&
    nonNumeric.every(({ received }) => typeof received === 'string' && isNumeral(received))
  )
}

/** The tensors with these strings read, in place: what was received has been reported. */
export function readStrings(tensors: Tensors, names: readonly string[]): Tensors {
  const entries = Object.entries(tensors).map(([name, tensor]) => [
    name,
    tensor !== undefined && names.includes(name) ? withNumbers(tensor) : tensor,
  ])
  // the names are those of the tensors given
  return Object.fromEntries(entries) as Tensors
}

function withNumbers({ data, shape, nonNumeric }: Tensor): Tensor {
  for (const { path, received } of nonNumeric) {
    const [row, column] = path
    data[column === undefined ? row : row * shape[1] + column] = Number(received)
  }
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}
