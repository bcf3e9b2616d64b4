/** @import { LossAnswer } from '../types.d.ts' */
/** @import { Images } from './images.js' */
/** @import { Source } from './rows.js' */
import { el, number, percent, scrolls, table, text } from '../dom.js'
import { csvOf, saves } from '../downloads.js'
import { strings } from '../strings.js'
import { decided } from './decision.js'
import { thumbnailsOf } from './images.js'
import { rowsOf } from './rows.js'
import { whisker } from './whisker.js'

const words = strings.batch

/**
 * The samples with the greatest losses, with what was given of them and what the model made of it.
 *
 * @param {LossAnswer} answer
 * @param {Source | undefined} source
 * @param {Images | undefined} images
 */
export async function worstPart({ perSample, samples, outputs, spec }, source, images) {
  const { losses, correct } = perSample ?? { losses: [], correct: null }
  const order = losses.map((loss, row) => ({ row, loss: loss ?? Number.POSITIVE_INFINITY }))
  order.sort((one, other) => other.loss - one.loss)
  const worst = order.slice(0, 10).map(({ row }) => row)
  const given = source === undefined ? [] : await givenOf(source, worst, samples === 1 ? outputs : 1)
  const made = given.map((each) => each && decided(each.predictions.map(Number), each.labels.map(Number), spec))
  const pictures = images === undefined ? [] : await thumbnailsOf(images, worst)
  const hasRows = made.some((each) => each !== undefined)
  const hasDecisions = made.some((each) => each?.decision !== undefined)
  const hasConfidences = made.some((each) => each?.confidence !== undefined)
  const columns = [
    words.columnRow,
    words.columnLoss,
    ...(correct === null ? [] : [words.columnRight]),
    ...(hasRows ? [words.columnLabel] : []),
    ...(hasDecisions ? [words.columnDecision] : []),
    ...(hasConfidences ? [words.columnConfidence] : []),
    ...(hasRows ? ['predictions'] : []),
  ]
  const rows = worst.map((row, at) => [
    pictures[at] === undefined ? String(row) : el('span', { class: 'pictured' }, pictures[at], String(row)),
    number(losses[row], { missing: strings.common.infinite }),
    ...(correct === null ? [] : [verdict(correct[row])]),
    ...(hasRows ? [short(made[at]?.label ?? '', 20)] : []),
    ...(hasDecisions ? [short(made[at]?.decision ?? '', 20)] : []),
    ...(hasConfidences ? [sure(made[at]?.confidence)] : []),
    ...(hasRows ? [el('code', {}, short(given[at]?.predictions.join(', ') ?? '', 44))] : []),
  ])
  const shown = table(words.worstCaption(worst.length, losses.length), columns, rows)
  return el(
    'div',
    { class: hasRows ? 'worst with-rows' : 'worst' },
    el('h3', {}, words.worstTitle),
    scrolls(words.worstTitle, shown),
    saves(words.worstTitle, 'worst-samples', { csv: () => csvOf(shown) }),
  )
}

/**
 * What was given of each row, or nothing where it cannot be read.
 *
 * @param {Source} source
 * @param {number[]} rows
 * @param {number} lone numbers of the only row, which may be written without brackets around it
 */
async function givenOf(source, rows, lone) {
  const read = async (/** @type {'predictions' | 'labels'} */ name) => {
    const found = await rowsOf(source, name, rows)
    if (lone === 1 || found[0].length !== 1) return found
    return [
      (
        await rowsOf(
          source,
          name,
          Array.from({ length: lone }, (_, at) => at),
        )
      ).flat(),
    ]
  }
  const [predictions, labels] = await Promise.all([read('predictions'), read('labels')])
  return rows.map((_, at) =>
    predictions[at].length === 0 || labels[at].length === 0
      ? undefined
      : { predictions: predictions[at], labels: labels[at] },
  )
}

/** @param {number | undefined} confidence */
function sure(confidence) {
  return confidence === undefined ? '' : el('data', { value: confidence }, percent(confidence))
}

/** @param {boolean | number | null} correct */
function verdict(correct) {
  if (typeof correct === 'number') return text(correct)
  return correct === null ? words.leftOut : correct ? words.yes : words.no
}

/**
 * @param {string} content
 * @param {number} longest
 */
function short(content, longest) {
  return content.length > longest ? `${content.slice(0, longest)}…` : content
}

/** What became of the samples of each label. @param {NonNullable<LossAnswer['perClass']>} classes */
export function perClassPart(classes) {
  const share = (/** @type {number | null} */ value) =>
    value === null ? strings.common.none : el('data', { value }, percent(value))
  const withBar = (/** @type {number | null} */ value) =>
    el('span', { class: 'with-whisker' }, ...(value === null ? [] : [whisker(value, null, [0, 1])]), share(value))
  const shown = table(
    words.byLabel,
    [
      words.columnClass,
      words.columnSamples,
      words.columnCorrect,
      words.columnLoss,
      words.columnRecall,
      words.columnPrecision,
    ],
    classes.map((each) => [
      String(each.class),
      String(each.samples),
      String(each.correct),
      number(each.loss, { digits: 4 }),
      withBar(each.recall),
      share(each.precision),
    ]),
  )
  return el(
    'details',
    { open: classes.length <= 10 },
    el('summary', {}, words.perClassTitle),
    scrolls(words.perClassTitle, shown),
    saves(words.perClassTitle, 'per-class', { csv: () => csvOf(shown) }),
  )
}
