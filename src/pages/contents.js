import { find } from './dom.js'

/** Marks in the contents the section that is being read, and keeps its link in view where they scroll sideways. */
export function markCurrent() {
  const list = find(document, '.contents ol', HTMLElement)
  /** @type {Map<Element, HTMLElement>} */
  const links = new Map()
  for (const section of document.querySelectorAll('main > section')) {
    links.set(section, find(list, `a[href="#${section.id}"]`, HTMLElement))
  }
  const reading = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const link = links.get(target)
        if (link === undefined) continue
        if (isIntersecting) {
          link.setAttribute('aria-current', 'true')
          show(list, link)
        } else link.removeAttribute('aria-current')
      }
    },
    // a line across the upper part of the window, where people read
    { rootMargin: '-30% 0px -70% 0px' },
  )
  for (const section of links.keys()) reading.observe(section)
}

/**
 * @param {HTMLElement} list
 * @param {HTMLElement} link
 */
function show(list, link) {
  const place = link.getBoundingClientRect()
  const frame = list.getBoundingClientRect()
  if (place.left >= frame.left && place.right <= frame.right) return
  list.scrollLeft += place.left - frame.left - (frame.width - place.width) / 2
}
