/** Softmax regression: ten rows of weights, one a pixel, the last the bias. Its losses and their gradients come from the service. */

const outputs = 10

/** All weights 0: each class as likely as any other. @param {number} inputs */
export function untrained(inputs) {
  return Array.from({ length: outputs }, () => /** @type {number[]} */ (new Array(inputs + 1).fill(0)))
}

/**
 * The logits of some images.
 *
 * @param {number[][]} weights
 * @param {number[][]} images
 */
export function logitsOf(weights, images) {
  return images.map((image) =>
    weights.map((row) => image.reduce((sum, pixel, at) => sum + pixel * row[at], row[image.length])),
  )
}

/**
 * The weights after one step against the gradient.
 *
 * @param {number[][]} weights
 * @param {number[][]} images
 * @param {number[][]} gradient of the mean loss, by the logits of these images
 * @param {number} rate
 */
export function descended(weights, images, gradient, rate) {
  return weights.map((row, output) => {
    const slope = new Array(row.length).fill(0)
    images.forEach((image, at) => {
      const share = gradient[at][output]
      image.forEach((pixel, input) => {
        slope[input] += share * pixel
      })
      slope[image.length] += share
    })
    return row.map((weight, input) => weight - rate * slope[input])
  })
}
