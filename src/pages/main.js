import { basePath } from './api.js'
import { markCurrent } from './contents.js'
import { offerPrint } from './output.js'
import { keepPlace } from './place.js'
import { switches } from './switches.js'
import { showTrouble } from './wire.js'

// links of old lead to the batch below the other pictures; a fragment is not sent to the service
if (location.hash === '#batch' && document.querySelector('#batch') === null)
  location.replace(`${basePath}/batch${location.search}`)

switches()
keepPlace()

/** @type {Map<HTMLElement, Promise<void>>} */
const mounts = new Map()

/** @param {HTMLElement} section */
function mounted(section) {
  const promise = mounts.get(section) ?? mount(section)
  mounts.set(section, promise)
  return promise
}

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
    offerSaves(section)
  } catch (error) {
    showTrouble(section, error, () => mount(section, `?again=${Date.now()}`))
  }
}

/** What a section shows can be read before it can be saved. @param {HTMLElement} section */
async function offerSaves(section) {
  try {
    const { offerSaves } = await import('./figure-saves.js')
    offerSaves(section)
  } catch {
    // a reader who leaves the page meanwhile misses nothing, and the picture is there without
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue
      near.unobserve(target)
      mounted(target)
    }
  },
  { rootMargin: '200px' },
)

/** @type {NodeListOf<HTMLElement>} */
const [first, ...others] = document.querySelectorAll('main > section')
// the first picture comes first: what it does not need is fetched afterwards, when it is near
await mounted(first)
performance.mark('first view')
for (const section of others) near.observe(section)
if (others.length > 0) markCurrent()
offerPrint(async () => {
  for (const section of others) await mounted(section)
})
