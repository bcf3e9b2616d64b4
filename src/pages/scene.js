import { find } from './dom.js'
import { plotly } from './plot.js'

/** The farthest that a click may wander, in px; what goes farther is a drag. */
const wander = 4

/**
 * Lets the wheel and fingers pass over a scene, which would hold the page fast: it zooms, and turns under a finger, once
 * it is clicked, until the pointer leaves or something else is touched. Ctrl and the wheel always zoom.
 *
 * @param {HTMLElement} element
 */
function passable(element) {
  const release = () => delete element.dataset.held
  /** @param {Event} event */
  const pass = (event) => {
    const isMeant = element.dataset.held !== undefined || (event instanceof WheelEvent && event.ctrlKey)
    if (!isMeant) event.stopPropagation()
  }
  for (const type of ['wheel', 'touchstart', 'touchmove']) {
    element.addEventListener(type, pass, { capture: true, passive: true })
  }
  let [x, y] = [0, 0]
  element.addEventListener(
    'pointerdown',
    ({ clientX, clientY }) => {
      ;[x, y] = [clientX, clientY]
    },
    { capture: true },
  )
  element.addEventListener('click', ({ clientX, clientY }) => {
    if (Math.hypot(clientX - x, clientY - y) <= wander) element.dataset.held = 'true'
  })
  element.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType === 'mouse') release()
  })
  document.addEventListener('pointerdown', ({ target }) => {
    if (!(target instanceof Node && element.contains(target))) release()
  })
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') release()
  })
}

/**
 * Buttons that turn a scene, for those who do not drag; and where it was turned to, in the hidden field `eye`.
 *
 * @param {HTMLElement} section
 * @param {HTMLElement} element the scene
 * @param {Eye} start
 */
export function turnable(section, element, start) {
  passable(element)
  const field = find(section, '[name=eye]', HTMLInputElement)
  const eye = () => {
    const [x, y, z] = field.value.split(',').map(Number)
    return Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z) ? { x, y, z } : start
  }
  const turn = async () => {
    if (element.dataset.drawn !== undefined) await (await plotly()).relayout(element, { 'scene.camera.eye': eye() })
  }
  /** @param {Eye | undefined} seen from */
  const keep = (seen) => {
    field.value = seen === undefined ? '' : [seen.x, seen.y, seen.z].map((part) => part.toFixed(2)).join()
    field.dispatchEvent(new Event('change', { bubbles: true }))
  }
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (section.querySelectorAll('[data-turn]'))) {
    button.addEventListener('click', async () => {
      if (element.dataset.drawn === undefined) return
      keep(button.dataset.turn === 'reset' ? undefined : turned(eyeOf(element) ?? start, button.dataset.turn ?? ''))
      await turn()
    })
  }
  for (const type of ['pointerup', 'wheel']) {
    element.addEventListener(type, () => {
      const seen = eyeOf(element)
      const moved = seen && Math.hypot(seen.x - eye().x, seen.y - eye().y, seen.z - eye().z)
      if (moved !== undefined && moved > 0.02) keep(seen)
    })
  }
  return { eye, turn }
}

/** @typedef {{ x: number, y: number, z: number }} Eye */

/**
 * From farther away where the place is narrow, so that the axes fit.
 *
 * @param {HTMLElement} element
 * @param {Eye} eye
 * @returns {Eye}
 */
export function fitting(element, { x, y, z }) {
  const distance = isNarrow(element) ? 1.3 : 1
  return { x: x * distance, y: y * distance, z: z * distance }
}

/** Whether there is no room for the name of the upright axis. @param {HTMLElement} element */
export function isNarrow(element) {
  return element.clientWidth < 480
}

/**
 * @param {HTMLElement} element
 * @returns {Eye | undefined}
 */
function eyeOf(element) {
  const { layout } = /** @type {{ layout?: { scene?: { camera?: { eye?: Eye } } } }} */ (
    /** @type {unknown} */ (element)
  )
  return layout?.scene?.camera?.eye
}

/**
 * @param {Eye} eye
 * @param {string} direction
 */
function turned({ x, y, z }, direction) {
  const distance = Math.hypot(x, y, z)
  const around = Math.atan2(y, x) + ({ left: -0.3, right: 0.3 }[direction] ?? 0)
  const height = Math.asin(z / distance) + ({ up: 0.2, down: -0.2 }[direction] ?? 0)
  const bounded = Math.min(1.5, Math.max(-1.5, height))
  return {
    x: distance * Math.cos(bounded) * Math.cos(around),
    y: distance * Math.cos(bounded) * Math.sin(around),
    z: distance * Math.sin(bounded),
  }
}
