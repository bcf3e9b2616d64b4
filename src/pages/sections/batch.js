/** @import { Kept } from '../batch/answers.js' */
/** @import { Options } from '../batch/body.js' */
/** @import { Catalogue, Limits, LossAnswer, Problem } from '../types.d.ts' */
import { answerOf, get, upload } from '../api.js'
import { addressWith, keepInAddress, keepState, optionsOfAddress, stateOf } from '../batch/address.js'
import { offerDeclarations } from '../batch/adopt.js'
import { keptAnswers } from '../batch/answers.js'
import { listColumns } from '../batch/columns.js'
import { errorParts } from '../batch/errors.js'
import { imagesOf } from '../batch/images.js'
import { optionsForm } from '../batch/options.js'
import { showResult } from '../batch/result.js'
import { amountOf, tooLarge, tooManyBytes } from '../batch/size.js'
import { acceptDrops, bodyOf, bytesOfFile, chooseSource } from '../batch/sources.js'
import { showCode } from '../batch/terminal.js'
import { copies, el, find } from '../dom.js'
import { strings } from '../strings.js'
import { connect } from '../wire.js'

const words = strings.batch

const example = `{
  "predictions": [
    [0.1, 0.7, 0.2],
    [0.8, 0.1, 0.1],
    [0.3, 0.3, 0.4],
    [0.05, 0.15, 0.8],
    [0.6, 0.3, 0.1],
    [0.2, 0.5, 0.3]
  ],
  "labels": [1, 0, 2, 2, 1, 1]
}`

/** What the example is. */
const exampleOptions = { loss: 'cross-entropy', labelFormat: 'index' }

/** A batch of one's own: text, file or arrays; what they are is declared by the person. @param {HTMLElement} section */
export function mount(section) {
  const { attempt, show } = connect(section)
  const form = find(section, '.batch-form', HTMLFormElement)
  const text = find(form, '[name=text]', HTMLTextAreaElement)
  const source = form.querySelector(`[name=source][value="${CSS.escape(stateOf('source') ?? '')}"]`)
  if (source instanceof HTMLInputElement) source.checked = true
  chooseSource(form)
  acceptDrops(form)
  listColumns(form, (error) =>
    attempt(() => {
      throw error
    }),
  )

  attempt(async () => {
    const [catalogue, limits] = await Promise.all([get('/v1/losses'), get('/v1/limits')])
    const { names, read, write } = optionsForm(form, /** @type {Catalogue} */ (answerOf(catalogue)))
    write(optionsOfAddress(names))
    const bench = workbench(section, form, read, answerOf(limits), { attempt, show }, (changes) => {
      const header = find(form, '[name=csvHeader]', HTMLInputElement)
      if ('csvHeader' in changes) header.checked = true
      write(changes)
      keepInAddress(read(), names)
      form.requestSubmit()
    })
    form.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === 'source') {
        keepState('source', target.value === 'text' ? '' : target.value)
      }
      keepInAddress(read(), names)
    })
    copies(find(form, '.batch-link', HTMLButtonElement), () => addressWith(read(), names))
    const adopt = (/** @type {Options} */ options) => {
      write(options)
      keepInAddress(read(), names)
      bench.compare()
    }
    offerDeclarations(form, text, names, adopt)
    find(form, '.batch-example', HTMLButtonElement).addEventListener('click', () => {
      text.value = example
      text.dispatchEvent(new Event('input', { bubbles: true }))
      adopt(exampleOptions)
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      if (form.reportValidity()) attempt(() => bench.evaluate())
    })
    find(form, '[type=submit]', HTMLButtonElement).disabled = false
    section.dataset.ready = 'true'
  })
}

/**
 * Evaluates what the form holds, shows the answer, and keeps it beside the others.
 *
 * @param {HTMLElement} section
 * @param {HTMLFormElement} form
 * @param {() => Options} read
 * @param {Limits} limits
 * @param {Pick<ReturnType<typeof connect>, 'attempt' | 'show'>} wire
 * @param {(changes: Options) => void} again
 */
function workbench(section, form, read, limits, wire, again) {
  const submit = find(form, '[type=submit]', HTMLButtonElement)
  const cancel = find(form, '.batch-cancel', HTMLButtonElement)
  const progress = find(form, '.batch-progress', HTMLProgressElement)
  const status = find(form, '.batch-status', HTMLElement)
  const problem = find(section, '.batch-problem', HTMLElement)
  const result = find(section, '.batch-result', HTMLElement)
  const stale = find(section, '.batch-stale', HTMLElement)
  const images = find(form, '[name=imagesFile]', HTMLInputElement)
  const answers = keptAnswers(find(section, '.batch-answers', HTMLElement), (kept) => show(kept))
  /** Changes with the data. */
  let edition = 0
  /** @type {Kept | undefined} */
  let shown
  /** @type {AbortController | undefined} */
  let running
  cancel.addEventListener('click', () => running?.abort(new DOMException('', 'AbortError')))

  const key = () => JSON.stringify([edition, new FormData(form).get('source'), read()])
  const compare = () => {
    stale.hidden = shown === undefined || result.hidden || shown.key === key()
  }
  form.addEventListener('input', ({ target }) => {
    if (target instanceof HTMLElement && target.closest('.source')) edition++
    compare()
  })
  form.addEventListener('change', ({ target }) => {
    if (target === images) return wire.attempt(illustrate)
    if (target instanceof HTMLInputElement && target.type === 'file') edition++
    compare()
  })

  /** Shows the answer, its worst samples with their images. */
  const illustrate = async () => {
    if (shown === undefined) return
    const { answer, body } = shown
    // an answer is worth showing also where the images are not its own
    const read = imagesOf(images.files?.[0], answer.samples)
    await showResult(result, answer, body.source, await read.catch(() => undefined))
    await read
  }

  /** @param {Kept} kept */
  const show = async (kept) => {
    shown = kept
    problem.replaceChildren()
    answers.mark(kept)
    showCode(section, kept.body)
    try {
      await illustrate()
    } finally {
      compare()
      find(result, '.batch-heading', HTMLElement).focus()
    }
  }

  /** @param {string | undefined} reason */
  const refuse = (reason) => {
    if (reason === undefined) return false
    problem.replaceChildren(
      el('p', { class: 'problem-title' }, el('strong', {}, words.notSent)),
      el('p', { class: 'problem-detail' }, reason),
    )
    problem.scrollIntoView({ block: 'nearest' })
    return true
  }

  /** @param {AbortSignal} signal */
  const send = async (signal) => {
    const [options, sent] = [read(), key()]
    if (refuse(tooManyBytes(bytesOfFile(form), limits))) return
    const body = await bodyOf(form, options)
    if (refuse(tooLarge(body, limits))) return
    signal.throwIfAborted()
    const amount = amountOf(body.bytes)
    progress.hidden = false
    status.textContent = words.sending(amount)
    const onProgress = (/** @type {number} */ share) => {
      progress.value = share
      status.textContent = share < 1 ? words.sent(amount, Math.floor(share * 100)) : words.evaluating
    }
    const exchange = await upload('/v1/loss', body.content, body.headers, onProgress, body.description, signal)
    status.textContent = words.answered(amount, Math.round(exchange.milliseconds))
    wire.show(exchange)
    find(section, '.batch-empty', HTMLElement).hidden = true
    if (exchange.status === 200) {
      const answer = /** @type {LossAnswer} */ (exchange.answer)
      await show(answers.add({ answer, body, options, key: sent }))
    } else {
      showCode(section, body)
      const parts = await errorParts(/** @type {Problem} */ (exchange.answer), body, options, again)
      problem.replaceChildren(...parts)
      problem.scrollIntoView({ block: 'nearest' })
    }
  }

  const evaluate = async () => {
    running = new AbortController()
    submit.disabled = true
    cancel.hidden = false
    progress.value = 0
    status.textContent = ''
    problem.replaceChildren()
    result.hidden = true
    stale.hidden = true
    answers.mark(undefined)
    try {
      await send(running.signal)
    } catch (error) {
      status.textContent = running.signal.aborted ? words.cancelled : ''
      throw error
    } finally {
      progress.hidden = true
      cancel.hidden = true
      submit.disabled = false
    }
  }
  return { evaluate, compare }
}
