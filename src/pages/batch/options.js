/** @import { Catalogue, CatalogueEntry, CatalogueOption } from '../types.d.ts' */
/** @import { Options } from './body.js' */
import { el, find } from '../dom.js'
import { strings } from '../strings.js'
import { isNdjson } from './body.js'
import { markupOf } from './catalogue-formula.js'

const words = strings.batch

const declarations = ['loss', 'labelFormat', 'predictionFormat']

/** The options with a field of their own, of the kinds that one field can hold. @param {CatalogueEntry} entry */
function fieldsOf({ options }) {
  return options.filter(({ name, kind }) => !declarations.includes(name) && (isNumber(kind) || choices(kind)))
}

/** @param {string} kind */
function isNumber(kind) {
  return kind === 'number' || kind === 'integer' || kind === 'number-or-weights'
}

/** What a select offers for an option of this kind. @param {string} kind @param {string[]} [values] */
function choices(kind, values = []) {
  if (kind === 'boolean') return ['true', 'false']
  return kind === 'choice' ? values : undefined
}

/** A formula of the catalogue. @param {string} text */
function written(text) {
  return document.createRange().createContextualFragment(markupOf(text))
}

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
  const fields = new Map(losses.flatMap((entry) => fieldsOf(entry).map((option) => [option.name, option])))
  const names = [...declarations, ...fields.keys(), 'include']
  loss.append(...losses.map(({ name }) => new Option(name, name)))

  const fit = () => {
    const entry = losses.find(({ name }) => name === loss.value)
    const formats = entry?.labelFormats ?? [...new Set(losses.flatMap((each) => each.labelFormats))]
    offer(labelFormat, words.chooseLabelFormat, formats)
    const [first, ...others] = entry?.predictionFormats ?? []
    offer(predictionFormat, first ? words.byDefault(first) : words.lossDefault, others)
    fitOptions(find(form, '.batch-options', HTMLElement), entry)
    fitParts()
    find(form, '.batch-format-note', HTMLElement).replaceChildren(
      ...(entry === undefined ? [] : [`${entry.title}: `, written(entry.formula)]),
    )
  }
  const fitParts = () => {
    const entry = losses.find(({ name }) => name === loss.value)
    const decides = labelFormat.value !== 'values'
    const isValues = (predictionFormat.value || entry?.predictionFormats[0]) === 'values'
    const isFile = new FormData(form).get('source') === 'file'
    const isStream = isFile && isNdjson(find(form, '[name=file]', HTMLInputElement).files?.[0])
    const unfit = {
      perSample: isStream,
      perClass: !decides,
      confusion: !decides,
      calibration: !decides || isValues,
      ranking: !decides || isStream,
    }
    for (const [part, disabled] of Object.entries(unfit)) {
      find(form, `[name=include][value=${part}]`, HTMLInputElement).disabled = disabled
    }
  }
  loss.addEventListener('change', fit)
  form.addEventListener('change', fitParts)
  fit()

  /** @returns {Options} what is declared; what is left empty is left to the service's documented defaults */
  const read = () => {
    const entered = new FormData(form)
    /** @type {Options} */
    const options = {}
    for (const name of names) {
      const value = entered.get(name)
      if (name === 'include' || typeof value !== 'string' || value === '') continue
      const kind = fields.get(name)?.kind ?? 'choice'
      options[name] = kind === 'boolean' ? value === 'true' : isNumber(kind) ? Number(value) : value
    }
    options.include = entered.getAll('include')
    return options
  }

  /** @param {Record<string, unknown>} options */
  const write = (options) => {
    for (const name of names) {
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
  return { names, read, write }
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
    place.replaceChildren(el('p', { class: 'note' }, words.optionsOfLoss))
    return
  }
  place.replaceChildren(
    ...fieldsOf(entry).map((option) => {
      const { name, kind, values, appliesTo, description } = option
      const offered = choices(kind, values)
      const field =
        offered === undefined
          ? el('input', { name, type: 'number', step: 'any', placeholder: defaultInWords(option) })
          : el(
              'select',
              { name },
              new Option(defaultInWords(option), ''),
              ...offered.map((word) => new Option(word, word)),
            )
      return el('label', { title: words.optionTitle(description, appliesTo) }, name, ' ', field)
    }),
  )
}

/** @param {CatalogueOption} option */
function defaultInWords({ kind, default: standard, defaultByPredictionFormat = {} }) {
  const shown = standard === null ? words.off : String(standard)
  if (isNumber(kind)) return shown
  const others = Object.entries(defaultByPredictionFormat).map(([format, value]) =>
    words.byDefaultWith(format, String(value)),
  )
  return words.byDefault(shown) + others.join('')
}
