/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

/**
 * Keeps what the fields of a section say in the address, as SECTION.FIELD, where it is not what they say at first. Links,
 * reloads and the way back bring a picture back as it was.
 *
 * @param {HTMLElement} section
 * @param {() => void} restored called when Back or Forward has changed fields
 */
export function keepState(section, restored) {
  /** @type {Map<string, Field[]>} */
  const fields = new Map()
  for (const field of /** @type {NodeListOf<Field>} */ (section.querySelectorAll('input[name], select[name]'))) {
    fields.set(field.name, [...(fields.get(field.name) ?? []), field])
  }
  const initial = new Map([...fields].map(([name, those]) => [name, textOf(those)]))
  const keyOf = (/** @type {string} */ name) => `${section.id}.${name}`

  /** Whether something changed. */
  const restore = () => {
    const query = new URLSearchParams(location.search)
    let isOther = false
    for (const [name, those] of fields) {
      const before = textOf(those)
      const first = initial.get(name) ?? ''
      setValue(those, query.get(keyOf(name)) ?? first)
      if (textOf(those) === '') setValue(those, first)
      isOther ||= textOf(those) !== before
    }
    return isOther
  }
  restore()
  addEventListener('popstate', () => {
    if (restore()) restored()
  })

  section.addEventListener('change', ({ target }) => {
    const { name } = /** @type {Field} */ (target)
    if (!fields.has(name)) return
    const address = new URL(location.href)
    for (const [name, those] of fields) {
      const value = textOf(those)
      if (value === initial.get(name)) address.searchParams.delete(keyOf(name))
      else address.searchParams.set(keyOf(name), value)
    }
    if (address.href === location.href) return
    address.hash = section.id
    // one step back undoes all that was done with one field
    if (history.state === keyOf(name)) history.replaceState(history.state, '', address)
    else history.pushState(keyOf(name), '', address)
  })
}

/** @param {Field[]} fields of one name */
function textOf(fields) {
  const [field] = fields
  if (field.type === 'radio')
    return fields.find((each) => each instanceof HTMLInputElement && each.checked)?.value ?? ''
  if (field instanceof HTMLInputElement && field.type === 'checkbox') return field.checked ? 'on' : 'off'
  return field.value
}

/**
 * @param {Field[]} fields of one name
 * @param {string} value
 */
function setValue(fields, value) {
  for (const field of fields) {
    if (field instanceof HTMLInputElement && field.type === 'radio') field.checked = field.value === value
    else if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = value === 'on'
    else field.value = value
  }
}
