import { el } from './dom.js'
import { strings } from './strings.js'

const item = 'key'

/**
 * The key that was given in this tab, if any.
 *
 * @returns {string | undefined}
 */
export function keptKey() {
  try {
    return sessionStorage.getItem(item) ?? undefined
  } catch {
    // a browser that keeps nothing keeps no key
    return undefined
  }
}

/**
 * Asks for a key above the pictures, once, when the service wants one, or another one when this one may not do what the
 * page needs. It is kept for this tab, and the page starts again.
 *
 * @param {string | null} challenge the header WWW-Authenticate of the answer, which names a scope that is missing
 */
export function askForKey(challenge) {
  if (document.querySelector('.ask-key') !== null) return
  const [, scope] = /\bscope="([^"]*)"/.exec(challenge ?? '') ?? []
  const field = el('input', {
    type: 'password',
    name: 'key',
    autocomplete: 'off',
    required: '',
    'aria-label': strings.common.key,
  })
  const form = el(
    'form',
    { class: 'ask-key trouble' },
    el(
      'label',
      {},
      el('span', {}, scope === undefined ? strings.common.keyNeeded : strings.common.keyOfScope(scope)),
      field,
    ),
    el('button', {}, strings.common.keyUse),
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    // a header takes no other characters, and fetch would throw
    sessionStorage.setItem(item, field.value.replaceAll(/[^\x21-\x7e]/g, ''))
    location.reload()
  })
  document.querySelector('main')?.before(form)
}
