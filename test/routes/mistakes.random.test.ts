import { t as root, test } from 'tap'
import { Choices } from '../fuzz/random.ts'
import { appOf } from '../support.ts'
import type { Body } from './mistakes-support.ts'
import { binaryCrossEntropy, crossEntropy, followed, meanOf, refusalOf } from './mistakes-support.ts'

const app = await appOf(root)

/** A right request, whose loss follows from its numbers by the formula. */
interface Meant {
  readonly body: Body
  readonly truth: number
}

/** What a client does to a right request; undefined where it cannot. */
type Slip = (meant: Meant, choices: Choices) => Meant | undefined

function batchOf(choices: Choices): Meant {
  const samples = 1 + choices.below(6)
  switch (choices.below(4)) {
    case 0: {
      const predictions = choices.list(samples, () => 8 * choices.share() - 4)
      const labels = choices.list(samples, () => 8 * choices.share() - 4)
      const loss = choices.pick(['mse', 'mae'])
      const truth = meanOf(predictions, labels, loss === 'mse' ? (d) => d ** 2 : Math.abs)
      return { body: { loss, labelFormat: 'values', predictions, labels }, truth }
    }
    case 1: {
      const predictions = choices.list(samples, () => 0.02 + 0.96 * choices.share())
      const labels = choices.list(samples, () => choices.below(2))
      const body = { loss: 'binary-cross-entropy', labelFormat: 'binary', predictions, labels }
      return { body, truth: binaryCrossEntropy(predictions, labels) }
    }
    default: {
      const outputs = 2 + choices.below(4)
      const predictions = choices.list(samples, () => distributionOf(choices, outputs))
      const classes = choices.list(samples, () => choices.below(outputs))
      const isIndex = choices.chance(0.6)
      const labels = isIndex ? classes : classes.map((label) => predictions[0].map((_, at) => Number(at === label)))
      const body = { loss: 'cross-entropy', labelFormat: isIndex ? 'index' : 'one-hot', predictions, labels }
      return { body, truth: crossEntropy(predictions, classes) }
    }
  }
}

function distributionOf(choices: Choices, outputs: number): number[] {
  const parts = choices.list(outputs, () => 0.05 + choices.share())
  const sum = parts.reduce((total, part) => total + part, 0)
  return parts.map((part) => part / sum)
}

type Numbers = readonly (number | readonly number[])[]

function mapped(
  value: unknown,
  change: (element: number, at: readonly number[]) => unknown,
  at: number[] = [],
): unknown {
  if (typeof value === 'number') return change(value, at)
  return (value as Numbers).map((inner, index) => mapped(inner, change, [...at, index]))
}

const withPredictions = ({ body, truth }: Meant, predictions: unknown): Meant => ({
  body: { ...body, predictions },
  truth,
})
const withLabels = ({ body, truth }: Meant, labels: unknown): Meant => ({ body: { ...body, labels }, truth })
const isOfChances = ({ body }: Meant) => body.loss !== 'mse' && body.loss !== 'mae'
const areRows = ({ body }: Meant) => Array.isArray((body.predictions as Numbers)[0])

const ofPredictions: readonly Slip[] = [
  (meant) =>
    isOfChances(meant)
      ? withPredictions(
          meant,
          mapped(meant.body.predictions, (p) => 100 * p),
        )
      : undefined,
  (meant) => (isOfChances(meant) ? withPredictions(meant, mapped(meant.body.predictions, Math.log)) : undefined),
  (meant) =>
    isOfChances(meant)
      ? withPredictions(
          meant,
          mapped(meant.body.predictions, (p) => -Math.log(p)),
        )
      : undefined,
  // the logits of a softmax have any constant besides
  (meant, choices) =>
    areRows(meant)
      ? withPredictions(
          meant,
          (meant.body.predictions as number[][]).map((row) => {
            const shift = 8 * choices.share() - 4
            return row.map((p) => Math.log(p) + shift)
          }),
        )
      : undefined,
  (meant) =>
    isOfChances(meant) && !areRows(meant)
      ? withPredictions(
          meant,
          mapped(meant.body.predictions, (p) => Math.log(p / (1 - p))),
        )
      : undefined,
  (meant) => withPredictions(meant, mapped(meant.body.predictions, String)),
  (meant) =>
    areRows(meant)
      ? undefined
      : withPredictions(
          meant,
          mapped(meant.body.predictions, (p) => [p]),
        ),
  (meant) => {
    if (!areRows(meant)) return undefined
    const rows = meant.body.predictions as number[][]
    return withPredictions(
      meant,
      rows[0].map((_, column) => rows.map((row) => row[column])),
    )
  },
  ({ body, truth }) => ({ body: { ...body, predictionFormat: 'log-probabilities' }, truth }),
  ({ body: { predictions, ...others }, truth }, choices) => ({
    body: { ...others, [choices.pick(['y_pred', 'preds', 'logits', 'outputs', 'input'])]: predictions },
    truth,
  }),
]

const otherNames: Readonly<Record<string, readonly string[]>> = {
  mse: ['MSELoss', 'mean_squared_error', 'l2'],
  mae: ['L1Loss', 'mean_absolute_error', 'l1'],
  'binary-cross-entropy': ['BCE', 'BCELoss', 'log_loss', 'BinaryCrossentropy'],
  'cross-entropy': ['CrossEntropyLoss', 'log_loss', 'categorical_crossentropy', 'nll', 'ce'],
}

const ofLabels: readonly Slip[] = [
  (meant) =>
    withLabels(
      meant,
      mapped(meant.body.labels, (label) => label + 1),
    ),
  (meant) =>
    areRows(meant) && (meant.body.predictions as number[][])[0].length > 2
      ? undefined
      : withLabels(
          meant,
          mapped(meant.body.labels, (label) => 2 * label - 1),
        ),
  (meant) => withLabels(meant, mapped(meant.body.labels, String)),
  (meant) =>
    withLabels(
      meant,
      mapped(meant.body.labels, (label) => [label]),
    ),
  (meant) => withLabels(meant, [meant.body.labels]),
  ({ body, truth }, choices) => ({
    body: { ...body, labelFormat: choices.pick(['index', 'one-hot', 'probabilities', 'binary', 'values']) },
    truth,
  }),
  ({ body: { labelFormat, ...others }, truth }) => ({ body: others, truth }),
  ({ body: { labelFormat, ...others }, truth }) => ({ body: { ...others, label_format: labelFormat }, truth }),
  ({ body: { labels, ...others }, truth }, choices) => ({
    body: { ...others, [choices.pick(['y_true', 'target', 'y'])]: labels },
    truth,
  }),
  ({ body, truth }, choices) => ({ body: { ...body, loss: choices.pick(otherNames[String(body.loss)]) }, truth }),
]

test('of a thousand slips, one or two at a time, each remedy leads to the loss that was meant', async (t) => {
  const choices = new Choices(21)
  let [refused, offered] = [0, 0]
  for (let round = 0; round < 1000; round++) {
    const slips = [
      ...(choices.chance(0.7) ? [choices.pick(ofPredictions)] : []),
      ...(choices.chance(0.7) ? [choices.pick(ofLabels)] : []),
    ]
    const meant = batchOf(choices)
    // a slip that leaves a request right cannot be seen
    const alone = slips.map((slip) => slip(meant, choices))
    for (const one of alone) if (one && (await refusalOf(app, one.body)).status === 200) alone.push(undefined)
    const sent = alone.reduce((before, one) => before && one && joined(meant, before, one), meant as Meant | undefined)
    if (sent === undefined) continue
    const { body, truth } = sent
    const { status, errors } = await refusalOf(app, body)
    if (status === 200) continue
    refused++
    const remedies = errors.flatMap((error) => error.remedies ?? [])
    if (remedies.length > 0) offered++
    for (const remedy of remedies) {
      const answer = (await refusalOf(app, followed(body, remedy))) as unknown as { loss: number }
      const isRight = Math.abs(answer.loss - truth) <= 1e-5 * Math.max(1, truth)
      if (!isRight) t.fail(`${JSON.stringify(body)} with ${JSON.stringify(remedy)}: ${answer.loss} for ${truth}`)
    }
  }
  t.ok(refused > 500 && offered > 0.6 * refused, `${offered} of ${refused} that were refused had a remedy`)
})

/** A request with what either slip did to it. */
function joined(meant: Meant, one: Meant, other: Meant): Meant {
  const body: Body = {}
  for (const name of new Set([...Object.keys(one.body), ...Object.keys(other.body)])) {
    if (name in meant.body && !(name in one.body && name in other.body)) continue
    body[name] = one.body[name] === meant.body[name] ? other.body[name] : one.body[name]
  }
  return { body, truth: meant.truth }
}
