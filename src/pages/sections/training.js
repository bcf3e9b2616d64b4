/** @import { TrainingOptions, TrainingRun } from '../types.d.ts' */
import { basePath } from '../api.js'
import { loadPixels } from '../digits.js'
import { el, find, number, share } from '../dom.js'
import { tellNumbers } from '../numbers.js'
import { keepState } from '../state.js'
import { strings } from '../strings.js'
import { themeChanged } from '../switches.js'
import { columnsFor, drawWall } from '../thumbnails.js'
import { drawAccuracy, drawLoss } from '../training/picture.js'
import { isSeed, keepRun, keptRun, mostSteps, nameOf } from '../training/run.js'
import { patientService, seen, sleep } from '../training/service.js'
import { advance, begun, evaluateWhole } from '../training/steps.js'
import { drawTemplates } from '../training/templates.js'
import { connect } from '../wire.js'

const words = strings.training

/** So long a step is seen, and so often, at most, is the service asked. */
const millisecondsBetween = 30

/** So many steps are played to people who have only just come. */
const stepsOfPlay = 100

/** Softmax regression, trained step by step with losses and gradients of the service. @param {HTMLElement} section */
export function mount(section) {
  const { attempt, show } = connect(section)
  const form = find(section, '.training-form', HTMLFormElement)
  const size = find(form, '[name=size]', HTMLSelectElement)
  const rate = find(form, '[name=rate]', HTMLSelectElement)
  const seed = find(form, '[name=seed]', HTMLInputElement)
  const [play, once, anew] = ['play', 'step', 'anew'].map((name) => find(form, `.training-${name}`, HTMLButtonElement))
  const accuracy = find(section, '.training-accuracy', HTMLElement)
  const loss = find(section, '.training-loss', HTMLElement)
  const status = find(section, '.training-status', HTMLElement)

  /** @returns {TrainingOptions} */
  const chosen = () => ({ size: Number(size.value), rate: Number(rate.value), seed: seed.valueAsNumber })
  keepState(section, () => follow())
  if (!isSeed(seed.valueAsNumber)) seed.value = seed.defaultValue
  let run = keptRun(chosen()) ?? begun(chosen())

  /** @type {AbortController | undefined} what ends the training; undefined while there is none */
  let training
  /** Settles when nothing is in flight. */
  let quiet = Promise.resolve()

  /** @param {string} text */
  const say = (text) => {
    // what is said again would be read out again
    if (status.textContent !== text) status.textContent = text
  }
  const sayRunning = () => say(run.isPlay ? words.playing(stepsOfPlay) : words.running)
  const ask = patientService(
    show,
    (seconds) => say(words.waiting(seconds)),
    () => say(strings.runs.lost),
  )

  const draw = () => {
    drawAccuracy(accuracy, run)
    drawLoss(loss, run)
  }
  const wall = find(section, '.training-wall', HTMLCanvasElement)
  /** @type {number[][]} */
  let images = []
  const drawDigits = () => {
    if (images.length === 0) return
    drawWall(wall, images, columnsFor(wall), (at) => {
      const right = run.right[at]
      return { colour: right === undefined ? 'soft' : right ? 'accent' : 'truth', strength: 1 }
    })
    const right = run.right.filter(Boolean).length
    const counts = run.right.length === 0 ? ['', ''] : [right, run.right.length - right]
    find(section, '.training-right', HTMLOutputElement).value = String(counts[0])
    find(section, '.training-wrong', HTMLOutputElement).value = String(counts[1])
  }
  const drawWeights = () => drawTemplates(find(section, '.training-templates', HTMLElement), run.weights)
  const showRun = () => {
    draw()
    drawDigits()
    if (training === undefined || run.losses.length % 10 === 0) drawWeights()
    showFigures(section, run)
    section.dataset.steps = String(run.losses.length)
  }
  const showState = () => {
    const step = run.losses.length
    play.textContent = training === undefined ? words.play : words.pause
    play.disabled = once.disabled = step >= mostSteps
    anew.disabled = step === 0
    section.dataset.training = training === undefined ? 'paused' : 'running'
    if (training !== undefined) sayRunning()
    else say(step >= mostSteps ? words.done(step) : step === 0 ? words.idle : words.ready(step))
  }

  /** @param {number} steps */
  const train = (steps) => {
    const own = new AbortController()
    const { signal } = own
    training = own
    find(section, '.trouble', HTMLElement).replaceChildren()
    showState()
    const before = quiet
    quiet = (async () => {
      await before
      await attempt(
        async () => {
          const pixels = await loadPixels()
          for (let left = steps; left > 0 && run.losses.length < mostSteps; left--) {
            if (document.hidden) say(words.hidden)
            await seen(signal)
            sayRunning()
            await evaluateWhole(ask, run, pixels, signal)
            await advance(ask, run, pixels, signal)
            await evaluateWhole(ask, run, pixels, signal)
            keepRun(run)
            showRun()
            await sleep(millisecondsBetween, signal)
          }
        },
        () => train(steps),
      )
      if (training === own) stop()
    })()
  }
  const stop = () => {
    training?.abort()
    training = undefined
    showRun()
    showState()
  }
  /** @param {TrainingOptions} options */
  const begin = (options) => {
    run = begun(options)
    keepRun(run)
    stop()
  }

  const follow = () => {
    const options = chosen()
    if (isSeed(options.seed) && nameOf(options) !== nameOf(run.options)) begin(options)
  }
  /** What has only played is not kept; the run that people begin is kept from its first step. */
  const keepFromNow = () => {
    if (run.isPlay) begin(run.options)
  }
  form.addEventListener('change', follow)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (training !== undefined) return stop()
    keepFromNow()
    train(mostSteps)
  })
  once.addEventListener('click', () => {
    stop()
    keepFromNow()
    if (form.reportValidity()) train(1)
  })
  anew.addEventListener('click', () => begin(run.options))
  new ResizeObserver(() => {
    draw()
    drawDigits()
  }).observe(loss)
  loadPixels().then(
    (pixels) => {
      images = pixels.images
      drawDigits()
    },
    () => {}, // the training, which needs them, says so
  )
  tellNumbers(find(section, 'figure', HTMLElement), () => numbersOf(run))
  const drawColours = () => {
    drawWeights()
    drawDigits()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawColours)
  document.addEventListener(themeChanged, drawColours)
  showRun()
  showState()
  // once, for people who have only just come, and mind no motion
  if (run.losses.length === 0 && matchMedia('(prefers-reduced-motion: no-preference)').matches) {
    run = begun(chosen(), true)
    train(stepsOfPlay)
  }
}

/** @param {TrainingRun} run */
function numbersOf({ losses, accuracies, whole }) {
  const wholes = new Map(whole.map(({ step, loss, accuracy }) => [step, [loss, accuracy]]))
  const steps = Array.from({ length: losses.length + 1 }, (_, step) => step)
  return [
    ['step', 'loss of the mini-batch', 'accuracy of the mini-batch', 'loss of all', 'accuracy of all'],
    ...steps.map((step) => [step, losses[step] ?? null, accuracies[step] ?? null, ...(wholes.get(step) ?? [])]),
  ]
}

/**
 * @param {HTMLElement} section
 * @param {TrainingRun} run
 */
function showFigures(section, { options, losses, whole, isPlay, isDeclared, unkept }) {
  const none = { digits: 4, missing: '–' }
  const last = whole.at(-1)
  const figures = {
    steps: number(losses.length),
    'batch-loss': number(losses.at(-1), none),
    'whole-loss': number(last?.loss, none),
    'whole-accuracy': last === undefined ? number(undefined, none) : share(last.accuracy),
  }
  for (const [name, value] of Object.entries(figures)) {
    find(section, `.training-${name}`, HTMLElement).replaceChildren(value)
  }
  const kept = find(section, '.training-kept', HTMLElement)
  if (isPlay) {
    kept.textContent = words.played
    return
  }
  const name = nameOf(options)
  if (unkept !== undefined) kept.textContent = words.unkept(unkept)
  else if (!isDeclared) kept.textContent = words.toBeKept
  // a link that someone is about to press stays the same element
  else if (kept.querySelector('a')?.textContent !== name) {
    kept.replaceChildren(...words.kept(el('a', { href: `${basePath}/runs/${name}` }, name)))
  }
}
