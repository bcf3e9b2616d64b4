/** @import { LossAnswer } from '../types.d.ts' */
import { el, number, percent, scrolls, table, text } from '../dom.js'
import { locate } from '../pointer.js'
import { strings } from '../strings.js'

const words = strings.batch

/**
 * The samples with the greatest losses, with what the person wrote of them.
 *
 * @param {NonNullable<LossAnswer['perSample']>} perSample
 * @param {string | undefined} source
 */
export function worstPart({ losses, correct }, source) {
  const order = losses.map((loss, row) => ({ row, loss: loss ?? Number.POSITIVE_INFINITY }))
  order.sort((one, other) => other.loss - one.loss)
  const worst = order.slice(0, 10)
  const columns = [
    words.columnRow,
    words.columnLoss,
    ...(correct === null ? [] : [words.columnRight]),
    ...(source === undefined ? [] : ['label', 'predictions']),
  ]
  const rows = worst.map(({ row }) => [
    String(row),
    number(losses[row], { missing: strings.common.infinite }),
    ...(correct === null ? [] : [verdict(correct[row])]),
    ...(source === undefined
      ? []
      : [written(source, `#/labels/${row}`, 20), written(source, `#/predictions/${row}`, 44)]),
  ])
  return el(
    'div',
    { class: 'worst' },
    el('h3', {}, words.worstTitle),
    scrolls(words.worstTitle, table(words.worstCaption(worst.length, losses.length), columns, rows)),
  )
}

/** @param {boolean | number | null} correct */
function verdict(correct) {
  if (typeof correct === 'number') return text(correct)
  return correct === null ? words.leftOut : correct ? words.yes : words.no
}

/**
 * @param {string} source
 * @param {string} pointer
 * @param {number} longest
 */
function written(source, pointer, longest) {
  const place = locate(source, pointer)
  const content = place === undefined ? '' : source.slice(...place).replace(/\s+/g, ' ')
  return el('code', {}, content.length > longest ? `${content.slice(0, longest)}…` : content)
}

/** What became of the samples of each label. @param {NonNullable<LossAnswer['perClass']>} classes */
export function perClassPart(classes) {
  const share = (/** @type {number | null} */ value) => (value === null ? strings.common.none : percent(value))
  return el(
    'details',
    {},
    el('summary', {}, words.perClassTitle),
    scrolls(
      words.perClassTitle,
      table(
        words.byLabel,
        [
          words.columnClass,
          words.columnSamples,
          words.columnRight,
          words.columnLoss,
          words.columnRecall,
          words.columnPrecision,
        ],
        classes.map((each) => [
          String(each.class),
          String(each.samples),
          String(each.correct),
          number(each.loss, { digits: 4 }),
          share(each.recall),
          share(each.precision),
        ]),
      ),
    ),
  )
}
