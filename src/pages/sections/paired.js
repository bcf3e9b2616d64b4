/** @import { RunComparison } from '../types.d.ts' */
import { answerOf, get, newest } from '../api.js'
import { el, find, number, percent, scrolls, table, text } from '../dom.js'
import { csvOf, saves } from '../downloads.js'
import { tellNumbers } from '../numbers.js'
import { chosen, runsChanged } from '../runs/chosen.js'
import { drawDifferences } from '../runs/difference-picture.js'
import { differencesOf } from '../runs/differences.js'
import { count } from '../runs/list.js'
import { offerRuns } from '../runs/offer.js'
import { troubleParts } from '../runs/trouble.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.paired

/** Between two comparisons of runs that go on, in milliseconds: each reads all their batches. */
const breath = 2000

/** How far two runs are apart on the batches that both have. @param {HTMLElement} section */
export function mount(section) {
  const { show } = connect(section)
  const one = find(section, '[name=one]', HTMLSelectElement)
  const other = find(section, '[name=other]', HTMLSelectElement)
  const place = find(section, '.paired-answer', HTMLElement)
  const trouble = find(section, '.trouble', HTMLElement)
  const along = find(section, '.paired-along', HTMLElement)
  const drawing = find(along, '.paired-drawing', HTMLElement)
  let compared = ''
  /** @type {import('../runs/stretch.js').Stretch[]} */
  let stretches = []
  const draw = () => {
    along.hidden = stretches.length === 0
    if (stretches.length > 0) drawDifferences(drawing, stretches)
  }
  new ResizeObserver(draw).observe(drawing)
  tellNumbers(along, () => [
    ['fromSequence', 'toSequence', 'difference', 'margin'],
    ...stretches.map(({ from, to, mean, margin }) => [from, to, mean, margin]),
  ])

  const compare = newest(async () => {
    offerRuns(one, 0)
    offerRuns(other, 1)
    const reports = [one, other].map(({ value }) => chosen.get(value)?.report)
    const isPossible = one.value !== other.value && reports.every((report) => report !== undefined)
    find(section, '.paired-form', HTMLElement).hidden = chosen.size < 2
    find(section, '.paired-none', HTMLElement).hidden = chosen.size > 1 && one.value !== other.value
    const version = isPossible
      ? reports.map((report) => `${report?.evaluation} ${report?.createdAt} ${report?.batches}`).join()
      : ''
    if (version === compared) return
    compared = version
    if (version === '') {
      stretches = []
      draw()
      place.replaceChildren()
      trouble.replaceChildren()
      return
    }
    try {
      const exchange = await get(`/v1/evaluations/${one.value}/comparison?with=${other.value}`)
      show(exchange)
      place.replaceChildren(...answerParts(answerOf(exchange)))
      trouble.replaceChildren()
      const pair = [one, other].flatMap(({ value }) => chosen.get(value) ?? [])
      stretches = await differencesOf(pair[0], pair[1])
      draw()
    } catch (error) {
      stretches = []
      draw()
      place.replaceChildren()
      trouble.replaceChildren(...troubleParts(error))
      compared = ''
    }
    await new Promise((resolve) => setTimeout(resolve, breath))
  })

  for (const select of [one, other]) select.addEventListener('change', () => compare(0))
  find(section, '.paired-swap', HTMLButtonElement).addEventListener('click', () => {
    ;[one.value, other.value] = [other.value, one.value]
    compare(0)
  })
  document.addEventListener(runsChanged, () => compare(0))
  compare(0)
}

/** @param {RunComparison} answer */
function answerParts({ predictions, baseline, difference, accuracyDifference, batches }) {
  const { loss, standardError, interval } = difference
  const pairedTable = table(
    words.caption,
    [words.run, strings.common.loss, strings.batch.columnSamples, strings.common.accuracy],
    [predictions, baseline].map(({ evaluation, loss, samples, accuracy, lossStatus }) => [
      evaluation,
      number(loss, { missing: lossStatus === 'infinite' ? strings.common.infinite : strings.common.none }),
      count(samples),
      accuracy === null ? strings.common.none : el('data', { value: accuracy }, percent(accuracy, 2)),
    ]),
  )
  const left = batches.onlyPredictions + batches.onlyBaseline + batches.labelsDiffer
  return [
    el(
      'dl',
      { class: 'figures' },
      el(
        'div',
        {},
        el('dt', {}, words.difference),
        el(
          'dd',
          { class: 'big' },
          signed(loss),
          ...(standardError === null
            ? []
            : [
                el(
                  'span',
                  { class: 'margin' },
                  ' ± ',
                  number(standardError, { digits: 3 }),
                  strings.batch.standardError,
                ),
              ]),
        ),
      ),
      ...(accuracyDifference === null
        ? []
        : [
            el(
              'div',
              {},
              el('dt', {}, words.accuracyDifference),
              el(
                'dd',
                { class: 'big' },
                el(
                  'data',
                  { value: accuracyDifference },
                  plus(accuracyDifference, words.points(text(100 * Math.abs(accuracyDifference), 4))),
                ),
              ),
            ),
          ]),
    ),
    ...(interval === null ? [] : [intervalBar(interval)]),
    el('p', { class: 'paired-verdict' }, verdict(predictions.evaluation, baseline.evaluation, loss, interval)),
    el(
      'p',
      { class: 'note' },
      words.pairs(count(batches.paired)),
      left === 0
        ? ''
        : words.unpaired(count(batches.onlyPredictions), count(batches.onlyBaseline), count(batches.labelsDiffer)),
    ),
    scrolls(words.caption, pairedTable),
    saves(words.caption, 'comparison', { csv: () => csvOf(pairedTable) }),
  ]
}

/**
 * The interval of the mean difference on a line, with 0 where no difference is.
 *
 * @param {[number, number]} bounds
 */
function intervalBar([low, high]) {
  const reach = 1.15 * Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE)
  const share = (/** @type {number} */ value) => String((value + reach) / (2 * reach))
  const bar = el(
    'span',
    { class: 'interval paired-interval', 'aria-hidden': 'true' },
    el('span', { class: 'range' }),
    el('span', { class: 'at' }),
  )
  bar.style.setProperty('--low', share(low))
  bar.style.setProperty('--high', share(high))
  bar.style.setProperty('--at', share(0))
  return el('div', {}, bar, el('p', { class: 'note' }, ...words.interval(signed(low), signed(high))))
}

/**
 * @param {string} one
 * @param {string} other
 * @param {number | null} loss
 * @param {[number, number] | null} interval
 */
function verdict(one, other, loss, interval) {
  if (loss === null || interval === null) return words.unknown
  if (interval[0] <= 0 && interval[1] >= 0) return words.undecided
  return loss < 0 ? words.better(one, other) : words.better(other, one)
}

/** @param {number | null} value */
function signed(value) {
  if (value === null) return number(null)
  return el('data', { value, title: String(value) }, plus(value, text(Math.abs(value), 4)))
}

/**
 * @param {number} value
 * @param {string} size its size in words
 */
function plus(value, size) {
  return `${value > 0 ? '+' : value < 0 ? '\u2212' : ''}${size}`
}
