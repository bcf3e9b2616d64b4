/** @import { CurvePoint, Run } from '../types.d.ts' */
import { basePath, LossmeterError } from '../api.js'
import { copies, el, number, percent } from '../dom.js'
import { strings } from '../strings.js'
import { ago } from './ago.js'
import { keyClass } from './chosen.js'
import { count } from './list.js'

const words = strings.runs

/**
 * The name of a run in its colour, its figures at a place of the curve, and what can be done to it.
 *
 * @param {Run} run
 * @param {{ seal: () => void, remove: () => void, leave: () => void }} deeds
 */
export function legendItem(run, { seal, remove, leave }) {
  const state = el('span', { class: 'run-state' })
  const figures = el('p', { class: 'run-figures' })
  const sealButton = button(words.seal, words.sealRun(run.name), seal)
  const removeButton = button(words.remove, words.removeRun(run.name), remove)
  const badgeButton = el(
    'button',
    { type: 'button', class: 'quiet', title: words.copyBadgeOf(run.name) },
    words.copyBadge,
  )
  copies(badgeButton, () => badgeOf(run.name))
  const element = el(
    'li',
    { 'data-run': run.name },
    el(
      'p',
      { class: 'run-head' },
      el('span', { class: keyClass(run), 'aria-hidden': 'true' }),
      el('strong', { class: 'run-name', title: run.name }, run.name),
      state,
    ),
    figures,
    el(
      'p',
      { class: 'run-deeds' },
      badgeButton,
      sealButton,
      removeButton,
      button(words.leave, words.leaveRun(run.name), leave),
    ),
  )

  /** @param {CurvePoint | undefined} point where the cursor is */
  const tell = (point) => {
    const { report, trouble } = run
    const kind =
      trouble !== undefined ? 'trouble' : report?.status === 'sealed' ? 'sealed' : report?.batches ? 'open' : 'waiting'
    const said = {
      trouble: isGone(trouble) ? words.gone : words.troubled,
      sealed: words.sealed,
      open: report === undefined ? words.loading : words.lastBatchAgo(ago(report.updatedAt)),
      waiting: report === undefined ? words.loading : words.open,
    }[kind]
    if (state.textContent !== said) state.textContent = said
    state.dataset.kind = kind
    sealButton.hidden = report?.status !== 'open' || isGone(trouble)
    badgeButton.hidden = report === undefined || isGone(trouble)
    removeButton.hidden = report === undefined || isGone(trouble)
    figures.replaceChildren(
      ...(point === undefined ? [report?.batches === 0 ? words.noBatches : '\u00a0'] : figuresOf(point)),
      ...(report?.joined === undefined ? [] : [el('br'), waitingOf(report.joined)]),
    )
  }
  return { element, tell }
}

/** Markdown of the badge of a run, which leads to its page. @param {string} name */
function badgeOf(name) {
  const root = location.origin + basePath
  return `[![${name}](${root}/v1/evaluations/${name}/badge.svg)](${root}/runs/${name})`
}

/** Whether there is no such run. @param {unknown} trouble */
export function isGone(trouble) {
  return trouble instanceof LossmeterError && trouble.problem.status === 404
}

/** How many rows of a joined evaluation wait for their other half. @param {import('../types.d.ts').JoinedState} joined */
function waitingOf({ waitingPredictions, waitingLabels, oldestWaiting }) {
  const since = oldestWaiting === null ? '' : words.waitingSince(ago(oldestWaiting))
  return words.rowsWaiting(count(waitingPredictions), count(waitingLabels)) + since
}

/** @param {CurvePoint} point */
function figuresOf({ fromSequence, toSequence, loss, accuracy, standardError, cumulative }) {
  const where =
    fromSequence === toSequence ? words.at(count(toSequence)) : words.between(count(fromSequence), count(toSequence))
  return [
    el('span', { class: 'run-where' }, where),
    ' ',
    number(loss, { digits: 4 }),
    ...(standardError === null ? [] : [' ± ', number(standardError, { digits: 2 })]),
    ...(accuracy === null ? [] : [', ', el('data', { value: accuracy }, percent(accuracy))]),
    ...(cumulative.samples === 0 ? [] : sinceStart(toSequence, cumulative)),
  ]
}

/**
 * @param {number} toSequence
 * @param {CurvePoint['cumulative']} cumulative
 */
function sinceStart(toSequence, cumulative) {
  return [
    el('br'),
    el('span', { class: 'run-where' }, words.upTo(count(toSequence))),
    ' ',
    number(cumulative.loss, { digits: 4 }),
    ...(cumulative.standardError === null ? [] : [' ± ', number(cumulative.standardError, { digits: 2 })]),
    ...(cumulative.accuracy === null
      ? []
      : [', ', el('data', { value: cumulative.accuracy }, percent(cumulative.accuracy))]),
  ]
}

/**
 * @param {string} text
 * @param {string} label which run it is about
 * @param {() => void} act
 */
function button(text, label, act) {
  const made = el('button', { type: 'button', class: 'quiet', 'aria-label': label }, text)
  made.addEventListener('click', act)
  return made
}
