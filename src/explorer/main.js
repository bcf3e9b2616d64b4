import { find } from './dom.js'
import { mountCurve } from './sections/curve.js'

// the first picture comes first: what it does not need is fetched afterwards
await mountCurve(find(document, '#curve', HTMLElement))
performance.mark('first view')

/** The other sections, fetched when they are near. @type {Record<string, () => Promise<(section: HTMLElement) => void>>} */
const sections = {
  scatter: async () => (await import('./sections/scatter.js')).mountScatter,
  surface: async () => (await import('./sections/surface.js')).mountSurface,
  declaration: async () => (await import('./sections/declaration.js')).mountDeclaration,
  'mini-batches': async () => (await import('./sections/mini-batches.js')).mountMiniBatches,
  sweeps: async () => (await import('./sections/sweeps.js')).mountSweeps,
  batch: async () => (await import('./sections/batch.js')).mountBatch,
}

const near = new IntersectionObserver(
  async (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue
      near.unobserve(target)
      const mount = await sections[target.id]()
      mount(target)
      target.dataset.mounted = 'true'
    }
  },
  { rootMargin: '200px' },
)
for (const id of Object.keys(sections)) near.observe(find(document, `#${id}`, HTMLElement))
