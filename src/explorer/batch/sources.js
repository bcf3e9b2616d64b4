/** @import { Body, Options } from './body.js' */
import { find } from '../dom.js'
import { strings } from '../strings.js'
import { isNdjson, jsonBody, ndjsonBody, npyBody } from './body.js'

/**
 * The body that the chosen source makes.
 *
 * @param {HTMLFormElement} form
 * @param {Options} options
 * @returns {Promise<Body>}
 */
export async function bodyOf(form, options) {
  const source = new FormData(form).get('source')
  if (source === 'text') return jsonBody(options, find(form, '[name=text]', HTMLTextAreaElement).value)
  if (source === 'npy') return npyBody(options, fileOf(form, 'predictionsFile'), fileOf(form, 'labelsFile'))
  const file = fileOf(form, 'file')
  return isNdjson(file) ? ndjsonBody(options, file) : jsonBody(options, await file.text(), file.name)
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function fileOf(form, name) {
  const file = find(form, `[name=${name}]`, HTMLInputElement).files?.[0]
  if (file === undefined) throw new Error(strings.batch.chooseFile)
  return file
}

/** Shows the inputs of the chosen source only. @param {HTMLFormElement} form */
export function chooseSource(form) {
  const update = () => {
    const chosen = new FormData(form).get('source')
    for (const part of form.querySelectorAll('.source')) {
      if (!(part instanceof HTMLElement)) continue
      part.hidden = part.dataset.source !== chosen
      for (const input of part.querySelectorAll('input, textarea')) {
        if (input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement) input.required = !part.hidden
      }
    }
  }
  form.addEventListener('change', update)
  update()
}

/** A file dropped on a field is chosen there; dropped elsewhere, it is the batch. @param {HTMLFormElement} form */
export function acceptDrops(form) {
  form.addEventListener('dragover', (event) => {
    event.preventDefault()
    mark(zoneOf(event))
  })
  form.addEventListener('dragleave', () => mark(undefined))
  form.addEventListener('drop', (event) => {
    event.preventDefault()
    mark(undefined)
    const files = event.dataTransfer?.files
    if (!files?.length) return
    const zone = zoneOf(event)
    if (zone === undefined) find(form, '[name=source][value=file]', HTMLInputElement).checked = true
    const input = find(zone ?? form, 'input[type=file]', HTMLInputElement)
    input.files = files
    input.dispatchEvent(new Event('change', { bubbles: true }))
  })

  /** @param {Element | undefined} over */
  const mark = (over) => {
    for (const zone of form.querySelectorAll('.drop')) zone.classList.toggle('over', zone === over)
  }
}

/** @param {DragEvent} event */
function zoneOf({ target }) {
  return (target instanceof Element && target.closest('.drop')) || undefined
}
