/** @import { Body, Options } from './body.js' */
import { find } from '../dom.js'
import { strings } from '../strings.js'
import { isCsv, isNdjson, jsonBody, multipartBody, ndjsonBody, tableBody } from './body.js'
import { tableOptions } from './columns.js'
import { isTable } from './table-names.js'

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
  if (source === 'arrays') {
    const files = { predictions: fileOf(form, 'predictionsFile'), labels: fileOf(form, 'labelsFile') }
    return multipartBody(options, files, find(form, '[name=csvHeader]', HTMLInputElement).checked)
  }
  if (source === 'table') {
    const table = fileOf(form, 'tableFile')
    return tableBody({ ...options, ...(await tableOptions(form, table)) }, table)
  }
  const file = fileOf(form, 'file')
  return isNdjson(file) ? ndjsonBody(options, file) : jsonBody(options, await file.text(), file.name)
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function fileOf(form, name) {
  const file = chosen(form, name)
  if (file === undefined) throw new Error(strings.batch.chooseFile)
  return file
}

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
function chosen(form, name) {
  return find(form, `[name=${name}]`, HTMLInputElement).files?.[0]
}

/** Bytes of the files that a JSON body would be made of, known before they are read. @param {HTMLFormElement} form */
export function bytesOfFile(form) {
  const file = new FormData(form).get('source') === 'file' ? chosen(form, 'file') : undefined
  return file === undefined || isNdjson(file) ? 0 : file.size
}

/** Shows the inputs of the chosen source only. @param {HTMLFormElement} form */
export function chooseSource(form) {
  const update = () => {
    const source = new FormData(form).get('source')
    for (const part of form.querySelectorAll('.source')) {
      if (!(part instanceof HTMLElement)) continue
      part.hidden = part.dataset.source !== source
      for (const input of part.querySelectorAll('input[type=file], textarea')) {
        if (input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement) input.required = !part.hidden
      }
    }
    const hasCsv = isCsv(chosen(form, 'predictionsFile')) || isCsv(chosen(form, 'labelsFile'))
    find(form, '[name=csvHeader]', HTMLInputElement).disabled = !hasCsv
  }
  form.addEventListener('change', update)
  update()
}

/**
 * A file dropped on a field is chosen there. Dropped elsewhere, arrays take the fields of arrays, by their names and else in
 * their order; another file is the batch.
 *
 * @param {HTMLFormElement} form
 */
export function acceptDrops(form) {
  form.addEventListener('dragover', (event) => {
    event.preventDefault()
    mark(zoneOf(event))
  })
  form.addEventListener('dragleave', () => mark(undefined))
  form.addEventListener('drop', (event) => {
    event.preventDefault()
    mark(undefined)
    const files = [...(event.dataTransfer?.files ?? [])]
    const [first] = files
    if (first === undefined) return
    const zone = files.length === 1 ? zoneOf(event) : undefined
    if (zone !== undefined) choose(find(zone, 'input[type=file]', HTMLInputElement), first)
    else if (files.some(isArray)) chooseArrays(form, files)
    else if (isTable(first)) {
      find(form, '[name=source][value=table]', HTMLInputElement).checked = true
      choose(find(form, '[name=tableFile]', HTMLInputElement), first)
    } else {
      find(form, '[name=source][value=file]', HTMLInputElement).checked = true
      choose(find(form, '[name=file]', HTMLInputElement), first)
    }
  })

  /** @param {Element | undefined} over */
  const mark = (over) => {
    for (const zone of form.querySelectorAll('.drop')) zone.classList.toggle('over', zone === over)
  }
}

/** @param {File} file */
function isArray(file) {
  return isCsv(file) || /\.npy$/i.test(file.name)
}

/**
 * @param {HTMLFormElement} form
 * @param {File[]} files
 */
function chooseArrays(form, files) {
  find(form, '[name=source][value=arrays]', HTMLInputElement).checked = true
  const predictions = find(form, '[name=predictionsFile]', HTMLInputElement)
  const labels = find(form, '[name=labelsFile]', HTMLInputElement)
  const isLabels = (/** @type {File} */ file) => /label|target|true|^[ty]\b/i.test(file.name)
  const [first, second] = files
  if (second === undefined) choose(isLabels(first) ? labels : predictions, first)
  else {
    const inOrder = isLabels(first) && !isLabels(second) ? [second, first] : [first, second]
    choose(predictions, inOrder[0])
    choose(labels, inOrder[1])
  }
}

/**
 * @param {HTMLInputElement} input
 * @param {File} file
 */
function choose(input, file) {
  const transfer = new DataTransfer()
  transfer.items.add(file)
  input.files = transfer.files
  input.dispatchEvent(new Event('change', { bubbles: true }))
}

/** @param {DragEvent} event */
function zoneOf({ target }) {
  return (target instanceof Element && target.closest('.drop')) || undefined
}
