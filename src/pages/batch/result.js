/** @import { LossAnswer } from '../types.d.ts' */
/** @import { Images } from './images.js' */
/** @import { Source } from './rows.js' */
import { el, number, percent } from '../dom.js'
import { jsonFile, saves } from '../downloads.js'
import { strings } from '../strings.js'
import { calibrationPart } from './calibration.js'
import { confusionPart } from './confusion.js'
import { groupsPart } from './groups.js'
import { metricsPart } from './metrics.js'
import { residualsPart } from './residuals.js'
import { perClassPart, worstPart } from './samples.js'
import { thresholdsPart } from './thresholds.js'
import { verdictPart } from './verdict.js'
import { whisker } from './whisker.js'

const words = strings.batch

/**
 * The answer for reading.
 *
 * @param {HTMLElement} place
 * @param {LossAnswer} answer
 * @param {Source | undefined} source what the person gave
 * @param {Images | undefined} [images] of its rows
 */
export async function showResult(place, answer, source, images) {
  const { confusion, calibration, perClass, perSample, metrics, ranking, intervals, groups, thresholds, verdict } =
    answer
  /** @type {HTMLElement[]} */
  const parts = [headline(answer)]
  if (verdict !== undefined) parts.push(verdictPart(verdict))
  if (groups !== undefined) parts.push(groupsPart(groups))
  if (confusion !== undefined) parts.push(confusionPart(confusion))
  if (thresholds !== undefined) parts.push(thresholdsPart(thresholds, answer.spec.costs))
  if (calibration !== undefined) parts.push(calibrationPart(calibration))
  if (answer.spec.labelFormat === 'values' && source !== undefined) {
    const part = await residualsPart(answer, source)
    if (part !== undefined) parts.push(part)
  }
  if (perSample !== undefined) parts.push(await worstPart(answer, source, images))
  if (metrics !== undefined) parts.push(metricsPart(words.metrics, 'metrics', metrics, intervals?.metrics))
  if (ranking !== undefined) parts.push(metricsPart(words.ranking, 'ranking', ranking, intervals?.ranking))
  if (perClass !== undefined) parts.push(perClassPart(perClass))
  place.replaceChildren(...parts)
  place.hidden = false
}

/** @param {LossAnswer} answer */
function headline(answer) {
  const { loss, lossStatus, standardError, accuracy, accuracyInterval, correct, topKAccuracy, spec } = answer
  const margin =
    standardError === null
      ? []
      : [el('span', { class: 'margin' }, ' ± ', number(standardError, { digits: 3 }), words.standardError)]
  const counts = [words.counts(answer.samples, answer.outputs)]
  if (correct !== null) counts.push(words.right(correct))
  if (answer.ties > 0) counts.push(words.ties(answer.ties))
  if (answer.ignored > 0) counts.push(words.ignored(answer.ignored))
  if (answer.clipped > 0) counts.push(words.clipped(answer.clipped))
  return el(
    'div',
    {},
    el('h3', { tabindex: -1, class: 'batch-heading' }, words.answer),
    el(
      'dl',
      { class: 'figures' },
      el(
        'div',
        {},
        el('dt', {}, words.lossBy(String(spec.reduction))),
        el('dd', { class: 'big' }, number(loss, { missing: lossStatus }), ...margin),
      ),
      el(
        'div',
        {},
        el('dt', {}, strings.common.accuracy),
        el(
          'dd',
          { class: 'big' },
          ...(accuracy === null ? [strings.common.none] : [el('data', { value: accuracy }, percent(accuracy, 2))]),
        ),
      ),
      ...(topKAccuracy === undefined ? [] : [topK(topKAccuracy, spec.topK)]),
    ),
    ...(accuracyInterval === null || accuracy === null ? [] : [interval(accuracyInterval, accuracy)]),
    el('p', { class: 'note' }, `${counts.join(', ')}.`),
    saves(words.answer, 'answer', { json: () => jsonFile(answer) }),
  )
}

/**
 * @param {number | null} share
 * @param {unknown} k
 */
function topK(share, k) {
  const shown = share === null ? strings.common.none : el('data', { value: share }, percent(share, 2))
  return el('div', { class: 'top-k' }, el('dt', {}, words.topK(String(k))), el('dd', { class: 'big' }, shown))
}

/**
 * @param {[number, number]} bounds
 * @param {number} at
 */
function interval([low, high], at) {
  return el(
    'p',
    { class: 'accuracy-interval' },
    whisker(at, [low, high], [0, 1]),
    el(
      'span',
      {},
      ...words.interval(el('data', { value: low }, percent(low)), el('data', { value: high }, percent(high))),
    ),
  )
}
