import { offerPrint } from './output.js'
import { keepPlace } from './place.js'
import { switches } from './switches.js'

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

/** @param {HTMLElement} section */
async function mount(section) {
  const { mount } = /** @type {{ mount: (section: HTMLElement) => void | Promise<void> }} */ (
    await import(`./sections/${section.id}.js`)
  )
  await mount(section)
  section.dataset.mounted = 'true'
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
offerPrint(async () => {
  for (const section of others) await mounted(section)
})
