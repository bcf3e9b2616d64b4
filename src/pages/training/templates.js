import { colours } from '../plot.js'

/**
 * What each output looks for: its weights as a picture, for where they are positive and against where negative.
 *
 * @param {HTMLElement} place
 * @param {number[][]} weights
 */
export function drawTemplates(place, weights) {
  const { accent, truth } = colours()
  const most = Math.max(1e-9, ...weights.flatMap((row) => row.slice(0, 64).map(Math.abs)))
  place.querySelectorAll('canvas').forEach((canvas, output) => {
    const context = canvas.getContext('2d')
    if (context === null) return
    context.clearRect(0, 0, 8, 8)
    weights[output].slice(0, 64).forEach((weight, at) => {
      context.globalAlpha = Math.abs(weight) / most
      context.fillStyle = weight > 0 ? accent : truth
      context.fillRect(at % 8, Math.floor(at / 8), 1, 1)
    })
  })
}
