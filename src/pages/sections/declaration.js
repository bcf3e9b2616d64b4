/** @import { Exchange, LossAnswer, Problem } from '../types.d.ts' */
import { post } from '../api.js'
import { el, find, listing, number, share } from '../dom.js'
import { marked } from '../mark.js'
import { countsOfIndexCode, countsOfOneHotCode, gridOf } from '../numpy-grid.js'
import { strings } from '../strings.js'
import { connect, problemParts } from '../wire.js'

const words = strings.declaration

const predictions = [
  [0.1, 0.7, 0.2],
  [0.8, 0.1, 0.1],
  [0.3, 0.3, 0.4],
]
const written = {
  'one-hot': [
    [0, 1, 0],
    [1, 0, 0],
    [0, 0, 1],
  ],
  index: [1, 0, 2],
}
/** How a book writes the loss of a mini-batch, for labels of each form. */
const codes = { 'one-hot': '-np.sum(t * np.log(y)) / n', index: '-np.sum(np.log(y[np.arange(n), t])) / n' }
const names = { 'one-hot': words.oneHot, index: words.index }

/**
 * The same labels both ways, declared right and wrong.
 *
 * @param {HTMLElement} section
 * @returns {Promise<void>} drawn
 */
export function mount(section) {
  const { attempt, show } = connect(section)
  return attempt(async () => {
    const formats = /** @type {(keyof typeof written)[]} */ (Object.keys(written))
    const cells = formats.flatMap((labels) => formats.map((labelFormat) => ({ labels, labelFormat })))
    find(section, '.declaration-grids', HTMLElement).replaceChildren(
      ...formats.flatMap((format) =>
        formats.map((labels) =>
          gridOf({
            code: codes[format],
            labels: `${names[labels]}: t = ${JSON.stringify(written[labels])}`,
            counts: (format === 'one-hot' ? countsOfOneHotCode : countsOfIndexCode)(predictions, written[labels]),
            outputs: predictions,
            isRight: labels === format,
          }),
        ),
      ),
    )
    const exchanges = await Promise.all(
      cells.map(({ labels, labelFormat }) =>
        post('/v1/loss', bodyText(labelFormat, predictions, JSON.stringify(written[labels]))),
      ),
    )
    find(section, '.declaration-four', HTMLElement).replaceChildren(
      ...cells.map((cell, at) => card(names[cell.labels], cell.labelFormat, exchanges[at])),
    )
    const right = exchanges
      .filter(({ status }) => status === 200)
      .map(({ answer }) => /** @type {LossAnswer} */ (answer))
    find(section, '.declaration-same', HTMLElement).replaceChildren(
      ...words.same(number(right[0].loss, { digits: 17 }), number(right[1].loss, { digits: 17 })),
    )
    show(exchanges[1])
  })
}

/**
 * The request as people write it.
 *
 * @param {string} labelFormat
 * @param {unknown} outputs
 * @param {string} labels
 */
function bodyText(labelFormat, outputs, labels) {
  return `{
  "loss": "cross-entropy",
  "labelFormat": "${labelFormat}",
  "predictions": ${JSON.stringify(outputs)},
  "labels": ${labels}
}`
}

/**
 * @param {string} labels
 * @param {string} labelFormat
 * @param {Exchange} exchange
 */
function card(labels, labelFormat, { status, request, answer }) {
  const right = status === 200
  const { errors = [] } = /** @type {Problem} */ (answer)
  return el(
    'article',
    { class: right ? 'card right' : 'card wrong', 'data-labels': labels, 'data-declared': labelFormat },
    el(
      'h3',
      {},
      el('span', { class: `status ${right ? 'right' : 'wrong'}` }, String(status)),
      ...words.declared(labels, el('code', {}, labelFormat)),
    ),
    listing(
      strings.common.request,
      marked(
        request,
        errors.map(({ pointer }) => pointer),
      ),
    ),
    ...(right ? figures(/** @type {LossAnswer} */ (answer)) : problemParts(/** @type {Problem} */ (answer))),
    el('details', {}, el('summary', {}, words.raw), listing(strings.common.answer, JSON.stringify(answer, null, 2))),
  )
}

/** @param {LossAnswer} answer */
function figures({ loss, accuracy }) {
  return [
    el(
      'dl',
      { class: 'figures' },
      el('div', {}, el('dt', {}, strings.common.loss), el('dd', { class: 'big' }, number(loss))),
      el('div', {}, el('dt', {}, strings.common.accuracy), el('dd', { class: 'big' }, share(accuracy))),
    ),
  ]
}
