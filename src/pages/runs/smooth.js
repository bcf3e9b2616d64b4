/**
 * The mean of the values so far in which each step back counts `weight` times less; a gap stays a gap.
 *
 * @param {readonly (number | null)[]} values
 * @param {number} weight from 0, which leaves them as they are, to below 1
 */
export function smoothed(values, weight) {
  let [sum, weights] = [0, 0]
  return values.map((value) => {
    if (value === null) return null
    sum = weight * sum + value
    weights = weight * weights + 1
    return sum / weights
  })
}
