import { markCurrent } from './contents.js'
import { keepPlace } from './place.js'
import { switches } from './switches.js'
import { showTrouble } from './wire.js'

switches()
keepPlace()

/**
 * Fills a section. Where its module does not come, the section says so, and the others do not suffer.
 *
 * @param {HTMLElement} section
 * @param {string} [query] makes another address, for a browser that remembers that a module failed
 */
async function mount(section, query = '') {
  try {
    const { mount } = /** @type {{ mount: (section: HTMLElement) => void | Promise<void> }} */ (
      await import(`./sections/${section.id}.js${query}`)
    )
    section.querySelector('.trouble')?.replaceChildren()
    await mount(section)
    section.dataset.mounted = 'true'
  } catch (error) {
    showTrouble(section, error, () => mount(section, `?again=${Date.now()}`))
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting && target instanceof HTMLElement) fill(target)
    }
  },
  { rootMargin: '200px' },
)

/** @param {HTMLElement} section */
function fill(section) {
  near.unobserve(section)
  if (waiting.delete(section)) mount(section)
}

/** @type {NodeListOf<HTMLElement>} */
const [first, ...others] = document.querySelectorAll('main > section')
const waiting = new Set(others)
// the first picture comes first: what it does not need is fetched afterwards, when it is near
await mount(first)
performance.mark('first view')
for (const section of others) near.observe(section)
markCurrent()
// a picture that nobody has come near is not on this paper, but on the next
addEventListener('beforeprint', () => {
  for (const section of waiting) fill(section)
})
