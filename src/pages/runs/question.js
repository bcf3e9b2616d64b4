import { el } from '../dom.js'
import { strings } from '../strings.js'

const words = strings.runs

/**
 * Asks before something is done that cannot be undone.
 *
 * @param {string} title
 * @param {string} text
 * @param {string} yes what the button says that does it
 * @returns {Promise<boolean>} whether to do it
 */
export function question(title, text, yes) {
  const dialog = el(
    'dialog',
    { class: 'question', 'aria-labelledby': 'question-title' },
    el(
      'form',
      { method: 'dialog' },
      el('h2', { id: 'question-title' }, title),
      el('p', {}, text),
      el(
        'div',
        { class: 'actions' },
        el('button', { value: 'no', class: 'quiet', autofocus: true }, words.cancel),
        el('button', { value: 'yes', class: 'grave' }, yes),
      ),
    ),
  )
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'yes')
    })
  })
}
