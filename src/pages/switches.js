import { find } from './dom.js'

/** Tells what is drawn that the theme has changed. */
export const themeChanged = 'themechanged'

/** Lets people choose the language, which leaves the rest of the address as it is, and the theme, which is kept. */
export function switches() {
  for (const link of document.querySelectorAll('.languages a')) {
    link.addEventListener('click', (event) => {
      event.preventDefault()
      const address = new URL(location.href)
      address.searchParams.set('lang', /** @type {HTMLAnchorElement} */ (link).hreflang)
      location.assign(address)
    })
  }
  const root = document.documentElement
  const theme = find(document, 'select.theme', HTMLSelectElement)
  theme.value = root.dataset.theme ?? ''
  theme.addEventListener('change', () => {
    root.dataset.theme = theme.value
    try {
      localStorage.setItem('theme', theme.value)
    } catch {
      // a browser that keeps nothing has it for this page
    }
    document.dispatchEvent(new Event(themeChanged))
  })
}
