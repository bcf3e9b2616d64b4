/** @import { Body, Options } from '../batch/body.js' */
/** @import { Catalogue, LossAnswer, Problem } from '../types.d.ts' */
import { answerOf, basePath, get, upload } from '../api.js'
import { addressWith, keepInAddress, optionsOfAddress } from '../batch/address.js'
import { offerDeclarations } from '../batch/adopt.js'
import { shortText } from '../batch/body.js'
import { errorParts } from '../batch/errors.js'
import { optionsForm } from '../batch/options.js'
import { showResult } from '../batch/result.js'
import { curl, python } from '../batch/snippets.js'
import { acceptDrops, bodyOf, chooseSource } from '../batch/sources.js'
import { copies, find, listing } from '../dom.js'
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

/** A batch of one's own: text, file or arrays; what they are is declared by the person. @param {HTMLElement} section */
export function mount(section) {
  const { attempt, show } = connect(section)
  const form = find(section, '.batch-form', HTMLFormElement)
  const text = find(form, '[name=text]', HTMLTextAreaElement)

  chooseSource(form)
  acceptDrops(form)
  find(form, '.batch-example', HTMLButtonElement).addEventListener('click', () => {
    text.value = example
    text.dispatchEvent(new Event('input'))
  })

  attempt(async () => {
    const catalogue = /** @type {Catalogue} */ (answerOf(await get('/v1/losses')))
    const { names, read, write } = optionsForm(form, catalogue)
    write(optionsOfAddress(names))
    form.addEventListener('change', () => keepInAddress(read()))
    copies(find(form, '.batch-link', HTMLButtonElement), () => addressWith(read()))
    offerDeclarations(form, text, names, (options) => {
      write(options)
      keepInAddress(read())
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      if (form.reportValidity()) attempt(() => evaluate(section, form, read(), show))
    })
    find(form, '[type=submit]', HTMLButtonElement).disabled = false
    section.dataset.ready = 'true'
  })
}

/**
 * @param {HTMLElement} section
 * @param {HTMLFormElement} form
 * @param {Options} options
 * @param {ReturnType<typeof connect>['show']} show
 */
async function evaluate(section, form, options, show) {
  const submit = find(form, '[type=submit]', HTMLButtonElement)
  const progress = find(form, '.batch-progress', HTMLProgressElement)
  const status = find(form, '.batch-status', HTMLElement)
  const problem = find(section, '.batch-problem', HTMLElement)
  const result = find(section, '.batch-result', HTMLElement)
  submit.disabled = true
  problem.replaceChildren()
  result.hidden = true
  try {
    const body = await bodyOf(form, options)
    const amount = amountOf(body.blob.size)
    progress.hidden = false
    progress.value = 0
    status.textContent = words.sending(amount)
    const exchange = await upload(
      '/v1/loss',
      body.blob,
      body.headers,
      (share) => {
        progress.value = share
        status.textContent = share < 1 ? words.sent(amount, Math.floor(share * 100)) : words.evaluating
      },
      body.description,
    )
    status.textContent = words.answered(amount, Math.round(exchange.milliseconds))
    show(exchange)
    showCode(section, body)
    find(section, '.batch-empty', HTMLElement).hidden = true
    if (exchange.status === 200) {
      const source = body.text !== undefined && body.text.length < shortText ? body.text : undefined
      await showResult(result, /** @type {LossAnswer} */ (exchange.answer), source)
      find(result, '.batch-heading', HTMLElement).focus()
    } else {
      problem.replaceChildren(...(await errorParts(/** @type {Problem} */ (exchange.answer), body)))
      problem.scrollIntoView({ block: 'nearest' })
    }
  } catch (error) {
    status.textContent = ''
    throw error
  } finally {
    progress.hidden = true
    submit.disabled = false
  }
}

/**
 * @param {HTMLElement} section
 * @param {Body} body
 */
function showCode(section, body) {
  const place = find(section, '.batch-code', HTMLElement)
  const url = new URL(`${basePath}/v1/loss`, location.href).href
  const texts = { curl: curl(url, body), python: python(url, body) }
  place.hidden = false
  for (const [name, text] of Object.entries(texts)) {
    find(place, `.batch-${name}`, HTMLElement).replaceChildren(listing(name, text))
  }
  if (place.dataset.copies) return
  place.dataset.copies = 'true'
  for (const name of Object.keys(texts)) {
    const code = find(place, `.batch-${name}`, HTMLElement)
    copies(find(place, `[data-copies=${name}]`, HTMLButtonElement), () => code.textContent)
  }
}

/** @param {number} bytes */
function amountOf(bytes) {
  if (bytes < 1e4) return words.bytes(bytes)
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}
