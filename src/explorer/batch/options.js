/** @import { Catalogue, CatalogueEntry } from '../types.d.ts' */
/** @import { Options } from './body.js' */
import { el, find } from '../dom.js'
import { isNdjson } from './body.js'

/** The values of options that are words. @type {Record<string, string[]>} */
const words = {
  reduction: ['mean', 'sum', 'none'],
  logPolicy: ['add-epsilon', 'clip', 'clamp', 'exact'],
}
const numbers = ['epsilon', 'delta', 'rowSumTolerance', 'threshold', 'ignoreIndex', 'labelSmoothing']
const declarations = ['loss', 'labelFormat', 'predictionFormat']

/** Every declaration that the form can make. */
export const optionNames = [...declarations, ...Object.keys(words), ...numbers, 'include']

/**
 * Fills the form from the catalogue and keeps it fitting to the chosen loss. Nothing is chosen for the person.
 *
 * @param {HTMLFormElement} form
 * @param {Catalogue} catalogue
 */
export function optionsForm(form, { losses }) {
  const loss = find(form, '[name=loss]', HTMLSelectElement)
  const labelFormat = find(form, '[name=labelFormat]', HTMLSelectElement)
  const predictionFormat = find(form, '[name=predictionFormat]', HTMLSelectElement)
  loss.append(...losses.map(({ name }) => new Option(name, name)))

  const fit = () => {
    const entry = losses.find(({ name }) => name === loss.value)
    const formats = entry?.labelFormats ?? [...new Set(losses.flatMap((each) => each.labelFormats))]
    offer(labelFormat, 'choose a labelFormat', formats)
    const [first, ...others] = entry?.predictionFormats ?? []
    offer(predictionFormat, first ? `${first} (default)` : 'the default of the loss', others)
    fitOptions(find(form, '.batch-options', HTMLElement), entry)
    fitParts()
    find(form, '.batch-format-note', HTMLElement).textContent =
      entry === undefined ? '' : `${entry.title}: ${entry.formula}`
  }
  const fitParts = () => {
    const entry = losses.find(({ name }) => name === loss.value)
    const decides = labelFormat.value !== 'values'
    const isValues = (predictionFormat.value || entry?.predictionFormats[0]) === 'values'
    const isFile = new FormData(form).get('source') === 'file'
    const isStream = isFile && isNdjson(find(form, '[name=file]', HTMLInputElement).files?.[0])
    const unfit = { perSample: isStream, perClass: !decides, confusion: !decides, calibration: !decides || isValues }
    for (const [part, disabled] of Object.entries(unfit)) {
      find(form, `[name=include][value=${part}]`, HTMLInputElement).disabled = disabled
    }
  }
  loss.addEventListener('change', fit)
  form.addEventListener('change', fitParts)
  fit()

  /** @returns {Options} what is declared; what is left empty is left to the service's documented defaults */
  const read = () => {
    const fields = new FormData(form)
    /** @type {Options} */
    const options = {}
    for (const name of optionNames) {
      const value = fields.get(name)
      if (name !== 'include' && typeof value === 'string' && value !== '') {
        options[name] = numbers.includes(name) ? Number(value) : value
      }
    }
    options.include = fields.getAll('include')
    return options
  }

  /** @param {Record<string, unknown>} options */
  const write = (options) => {
    for (const name of optionNames) {
      const value = options[name]
      if (value === undefined) continue
      if (name === 'include') {
        const parts = Array.isArray(value) ? value : [value]
        for (const box of form.querySelectorAll('[name=include]')) {
          if (box instanceof HTMLInputElement) box.checked = parts.includes(box.value)
        }
      } else {
        const field = form.elements.namedItem(name)
        if (field instanceof HTMLSelectElement || field instanceof HTMLInputElement) field.value = String(value)
        // an unlisted word selects nothing; the default is spelled as an empty value
        if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.selectedIndex = 0
      }
      if (name === 'loss') fit()
    }
    fitParts()
  }
  return { read, write }
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} empty
 * @param {string[]} values
 */
function offer(select, empty, values) {
  const chosen = select.value
  select.replaceChildren(new Option(empty, ''), ...values.map((value) => new Option(value, value)))
  select.value = values.includes(chosen) ? chosen : ''
}

/**
 * @param {HTMLElement} place
 * @param {CatalogueEntry | undefined} entry
 */
function fitOptions(place, entry) {
  if (entry === undefined) {
    place.replaceChildren(el('p', { class: 'note' }, 'The options depend on the loss.'))
    return
  }
  const known = entry.options.filter(({ name }) => name in words || numbers.includes(name))
  place.replaceChildren(
    ...known.map(({ name, default: standard, appliesTo }) => {
      const shown = standard === null ? 'off' : String(standard)
      const field =
        name in words
          ? el(
              'select',
              { name },
              new Option(name === 'logPolicy' ? `${shown} (default), with logits exact` : `${shown} (default)`, ''),
              ...words[name].map((word) => new Option(word, word)),
            )
          : el('input', { name, type: 'number', step: 'any', placeholder: shown })
      return el('label', { title: `applies to ${appliesTo}` }, name, ' ', field)
    }),
  )
}
