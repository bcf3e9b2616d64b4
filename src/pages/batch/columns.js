/** @import { TableNames } from './table-names.js' */
import { el, find } from '../dom.js'
import { strings } from '../strings.js'
import { isTable, readNames } from './table-names.js'

const words = strings.batch

/** Names that are often given to columns: they are offered, and not taken. */
const usual = {
  predictions: /^(?:predictions?|y_?hat|y_?pred(?:icted)?|prob(?:abilitie)?s?|probability|scores?|logits?|p_?\d+)$/i,
  labels: /^(?:labels?|targets?|y|y_?true|truth|class)$/i,
}

/**
 * Lists the columns of a table that was chosen, so that one says which is what.
 *
 * @param {HTMLFormElement} form
 * @param {(error: unknown) => void} fail
 */
export function listColumns(form, fail) {
  const file = find(form, '[name=tableFile]', HTMLInputElement)
  const fields = find(form, '.batch-columns', HTMLElement)
  const offer = find(form, '.batch-offer', HTMLElement)
  const selects = selectsOf(form)
  file.addEventListener('change', async () => {
    const chosen = file.files?.[0]
    fields.hidden = true
    offer.replaceChildren()
    if (chosen === undefined) return
    try {
      const { names } = await namesOf(chosen)
      if (file.files?.[0] !== chosen) return
      const options = () => names.map((name) => el('option', { value: name }, name))
      selects.predictions.replaceChildren(...options())
      selects.labels.replaceChildren(el('option', { value: '' }, words.chooseColumn), ...options())
      fields.hidden = false
      offer.replaceChildren(...offered(names, selects))
    } catch (error) {
      fail(error)
    }
  })
}

/** @param {string[]} names @param {ReturnType<typeof selectsOf>} selects */
function offered(names, { predictions, labels }) {
  const fitting = names.filter((name) => usual.predictions.test(name))
  const label = names.find((name) => usual.labels.test(name))
  if (fitting.length === 0 || label === undefined) return []
  const button = el('button', { type: 'button', class: 'quiet' }, words.takeColumns(listed(fitting), label))
  button.addEventListener('click', () => {
    for (const option of predictions.options) option.selected = fitting.includes(option.value)
    labels.value = label
    labels.dispatchEvent(new Event('input', { bubbles: true }))
  })
  return [button]
}

/** @param {string[]} names */
function listed(names) {
  return names.length > 4 ? `${names[0]}, ${names[1]}, …, ${names.at(-1)}` : names.join(', ')
}

/** @param {HTMLFormElement} form */
function selectsOf(form) {
  return {
    predictions: find(form, '[name=predictionsColumns]', HTMLSelectElement),
    labels: find(form, '[name=labelsColumn]', HTMLSelectElement),
  }
}

/**
 * What the form says of the table, as the API names it.
 *
 * @param {HTMLFormElement} form
 * @param {File} file
 */
export async function tableOptions(form, file) {
  const selects = selectsOf(form)
  const predictions = Array.from(selects.predictions.selectedOptions, ({ value }) => value)
  const [first] = predictions
  if (first === undefined || selects.labels.value === '') throw new Error(words.chooseColumns)
  const { format } = await namesOf(file)
  return {
    tableFormat: format,
    columns: { predictions: predictions.length === 1 ? first : predictions, labels: selects.labels.value },
    ...(find(form, '[name=missing]', HTMLInputElement).checked && { missing: 'drop' }),
  }
}

/** @param {File} file @returns {Promise<TableNames>} */
async function namesOf(file) {
  if (!isTable(file)) throw new Error(words.noTable(file.name))
  return readNames(file)
}
