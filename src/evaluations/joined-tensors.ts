import { StoreUnavailable } from '../database/errors.ts'
import type { FoundRow } from '../database/halves.ts'
import { payloadAt } from '../database/halves.ts'
import type { Tensors } from '../loss/batch.ts'
import { rowsPerStep } from '../loss/batch.ts'
import { ColumnBuilder } from '../loss/groups/column-builder.ts'
import type { GroupValue } from '../loss/groups/columns.ts'
import { columnsOf, GroupColumns } from '../loss/groups/columns.ts'
import type { Memory } from '../loss/memory.ts'
import { doublesIn } from '../loss/memory.ts'
import type { Tensor } from '../loss/tensor.ts'
import type { Declared } from './declaration.ts'
import type { SomeRows } from './half-rows.ts'

/**
 * The numbers of rows whose halves have both come, as a batch, in steps; they are those of the memory.
 *
 * @param joined the rows of the body  @param partners what the store has of them
 */
export function* joinedTensors(
  { spec, outputs }: Declared,
  rows: SomeRows,
  joined: readonly number[],
  partners: readonly FoundRow[],
  memory: Memory,
): Generator<void, Tensors> {
  const count = joined.length
  const width = spec.labelFormat === 'index' ? 1 : outputs
  const names = columnsOf(spec)
  const [predictions, labels, weights] = [outputs, width, 1].map((each) => doublesIn(memory, count * each))
  const columns = names.map(() => new ColumnBuilder(memory, count))
  const [ofPredictions, ofLabels] = [new Float64Array(outputs + 1), new Float64Array(width)]
  const codes = new Map<string, (number | undefined)[]>()
  let isWeighted = false
  for (const [i, at] of joined.entries()) {
    const partner = partners[i].payload
    // it would have been there if the other half waits
    if (partner === null) throw new StoreUnavailable('corrupt')
    const own = payloadAt(rows, at)
    const [first, second] = rows.half === 'predictions' ? [own, partner] : [partner, own]
    copy(first, ofPredictions)
    copy(second, ofLabels)
    predictions.set(ofPredictions.subarray(0, outputs), i * outputs)
    labels.set(ofLabels, i * width)
    weights[i] = ofPredictions[outputs]
    isWeighted ||= weights[i] !== 1
    if (names.length > 0) {
      const text = Buffer.from(
        first.buffer,
        first.byteOffset + ofPredictions.byteLength,
        first.length - ofPredictions.byteLength,
      ).toString()
      let row = codes.get(text)
      if (row === undefined) {
        const values = JSON.parse(text) as GroupValue[]
        row = columns.map((column, c) => column.codeOf(values[c]))
        codes.set(text, row)
      }
      for (const [c, column] of columns.entries()) column.add(row[c] ?? 0)
    }
    if (i % rowsPerStep(outputs) === 0) yield
  }
  return {
    predictions: tensorOf(predictions, [count, outputs]),
    labels: tensorOf(labels, spec.labelFormat === 'index' ? [count] : [count, width]),
    sampleWeights: isWeighted ? tensorOf(weights, [count]) : undefined,
    groups:
      names.length === 0 ? undefined : new GroupColumns(new Map(names.map((name, c) => [name, columns[c].column()]))),
  }
}

/** The numbers that bytes begin with, which lie anywhere. */
function copy(bytes: Uint8Array, numbers: Float64Array): void {
  if (bytes.length < numbers.byteLength) throw new StoreUnavailable('corrupt')
  new Uint8Array(numbers.buffer).set(bytes.subarray(0, numbers.byteLength))
}

function tensorOf(data: Float64Array, shape: readonly number[]): Tensor {
  return { data, shape, nonNumeric: [], nonNumericCount: 0 }
}
