import type { LossTraits, OptionName } from '../../src/loss/options.ts'
import { isDefault, typeFor } from '../../src/loss/options.ts'

/** A value that an option of a loss may have, and that is none of its defaults. */
export function otherValue(name: OptionName, loss: LossTraits): unknown {
  const type = typeFor(name, loss)
  switch (type.kind) {
    case 'choice':
      return type.values.find((word) => !isDefault(name, word, loss)) ?? type.values[0]
    case 'choices':
      return type.values.slice(0, 1)
    case 'boolean':
      return [true, false].find((value) => !isDefault(name, value, loss))
    case 'weights':
      return Float64Array.of(1, 1)
    case 'groupings':
      return ['country']
    case 'names':
      return ['cat', 'dog']
    case 'thresholds':
      return 3
    case 'costs':
      return { falsePositive: 1, falseNegative: 2 }
    case 'mini-batch':
      return { size: 1, seed: 2, replacement: false }
    default: {
      const { minimum = -1, exclusiveMinimum = -1, maximum = 9, exclusiveMaximum = 9 } = type
      return [0.25, 0.75, 1, 2]
        .filter((value) => type.kind !== 'integer' || Number.isInteger(value))
        .filter((value) => value >= minimum && value > exclusiveMinimum && value <= maximum && value < exclusiveMaximum)
        .find((value) => !isDefault(name, value, loss))
    }
  }
}
