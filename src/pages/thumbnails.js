import { colours } from './plot.js'

/** px of a digit, and with the gap to the next. */
const [digit, cell] = [8, 10]

/**
 * A wall of digits, row by row: the ink of each in a colour of its own.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number[][]} images 64 pixels each, from 0 to 1
 * @param {number} columns
 * @param {(at: number) => { colour: keyof ReturnType<typeof colours>, strength: number }} lookOf a digit; strength is from 0 to 1
 */
export function drawWall(canvas, images, columns, lookOf) {
  const context = canvas.getContext('2d')
  if (context === null) return
  canvas.width = columns * cell
  canvas.height = Math.ceil(images.length / columns) * cell
  const shades = colours()
  const channels = Object.fromEntries(Object.entries(shades).map(([name, colour]) => [name, channelsOf(colour)]))
  const picture = context.createImageData(canvas.width, canvas.height)
  images.forEach((image, at) => {
    const { colour, strength } = lookOf(at)
    const [red, green, blue] = channels[colour]
    const corner = Math.floor(at / columns) * cell * canvas.width + (at % columns) * cell
    image.forEach((ink, pixel) => {
      const place = 4 * (corner + Math.floor(pixel / digit) * canvas.width + (pixel % digit))
      picture.data.set([red, green, blue, 255 * ink * strength], place)
    })
  })
  context.putImageData(picture, 0, 0)
}

/** @param {string} colour as a browser computes it, rgb(1, 2, 3) */
function channelsOf(colour) {
  return (colour.match(/[\d.]+/g) ?? []).map(Number)
}

/** Digits in a row of the wall: more where the style makes it wide and low. @param {HTMLElement} element */
export function columnsFor({ clientWidth, clientHeight }) {
  return clientWidth > 1.5 * clientHeight ? 45 : 30
}
