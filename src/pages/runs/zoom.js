import { margin } from '../line-chart.js'

/** A click that trembles is no drag, in px. */
const least = 8

/**
 * A part of the x axis, chosen by dragging over a picture, or by + and − about the cursor; Escape and a double click
 * lead back to the whole.
 *
 * @param {{ plot: HTMLElement, cursor: HTMLInputElement, mark: HTMLElement, whole: HTMLButtonElement }} parts
 * @param {() => void} onChange
 */
export function zoom({ plot, cursor, mark, whole }, onChange) {
  /** The ends of the axis as it is drawn. */
  let ends = { from: 0, to: 1 }
  /** @type {{ from: number, to: number } | undefined} */
  let part
  let start = 0

  const shareOf = (/** @type {number} */ clientX) => {
    const { left, width } = plot.getBoundingClientRect()
    return Math.min(1, Math.max(0, (clientX - left - margin.left) / (width - margin.left - margin.right)))
  }
  const at = (/** @type {number} */ share) => ends.from + share * (ends.to - ends.from)
  /** @param {{ from: number, to: number } | undefined} next */
  const set = (next) => {
    part = next
    whole.hidden = part === undefined
    onChange()
  }
  const end = () => {
    mark.hidden = true
  }

  plot.addEventListener('pointerdown', ({ clientX, button, pointerType }) => {
    if (button === 0 && pointerType === 'mouse' && !cursor.disabled) start = clientX
  })
  plot.addEventListener('pointermove', ({ clientX, buttons }) => {
    if (start === 0 || buttons !== 1) return end()
    const [low, high] = [shareOf(start), shareOf(clientX)].toSorted((one, other) => one - other)
    mark.hidden = Math.abs(clientX - start) < least
    mark.style.setProperty('--low', String(low))
    mark.style.setProperty('--high', String(high))
  })
  plot.addEventListener('pointerup', ({ clientX }) => {
    const from = start
    start = 0
    end()
    if (from === 0 || Math.abs(clientX - from) < least) return
    const [low, high] = [shareOf(from), shareOf(clientX)].toSorted((one, other) => one - other)
    set({ from: at(low), to: at(high) })
  })
  plot.addEventListener('dblclick', () => set(undefined))
  whole.addEventListener('click', () => {
    cursor.focus()
    set(undefined)
  })
  cursor.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') return set(undefined)
    const factor = event.key === '+' ? 0.5 : event.key === '-' ? 2 : 0
    if (factor === 0) return
    event.preventDefault()
    const middle = at(cursor.valueAsNumber / Number(cursor.max))
    const half = (factor * (ends.to - ends.from)) / 2
    set({ from: middle - half, to: middle + half })
  })
  return {
    /** Whether a place is in the part that is shown. @param {number} x */
    has: (x) => part === undefined || (x >= part.from && x <= part.to),
    /** @param {{ from: number, to: number }} drawn */
    drawn(drawn) {
      ends = drawn
    },
    reset: () => set(undefined),
  }
}
