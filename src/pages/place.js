/**
 * Keeps what the address names where it is, at the top of the window, while the sections above it are filled, until the
 * person moves on.
 */
export function keepPlace() {
  /** @type {Element | null} */
  let target = null
  let height = 0
  const stay = () => {
    height = document.body.clientHeight
    target?.scrollIntoView({ behavior: 'instant' })
  }
  const follow = () => {
    target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  }
  const leave = () => {
    target = null
  }
  // what is scrolled with the bar, or by a tool, is scrolled away from its place
  const check = () => {
    const hasGrown = document.body.clientHeight !== height
    const before = scrollY
    stay()
    if (hasGrown || Math.abs(scrollY - before) < 2) return
    scrollTo({ top: before, behavior: 'instant' })
    leave()
  }
  for (const type of ['wheel', 'touchmove', 'keydown', 'pointerdown']) addEventListener(type, leave, { passive: true })
  addEventListener('scrollend', check)
  addEventListener('hashchange', follow)
  new ResizeObserver(stay).observe(document.body)
  follow()
  stay()
}
