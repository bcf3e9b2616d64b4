/** The knobs: their ranges, and where they stand at first. */
export const knobs = {
  temperature: { from: 0.1, to: 5, step: 0.025, start: 2 },
  bias: { from: -10, to: 10, step: 0.05, start: -3 },
}

/** The service takes slopes from v - 1e-4 to v + 1e-4; nearer to a jump they would see it. */
const clear = 2e-4
const most = 500

/**
 * Values for a sweep: evenly spread, and one closely on each side of every bias at which a decision may change, so that
 * steps are steps and slopes those of the steps. Where there are too many of these, only the even values that are clear of
 * them.
 *
 * @param {keyof typeof knobs} name
 * @param {number[][]} logits
 * @param {number} chosen class of the bias
 */
export function valuesBetween(name, logits, chosen) {
  const { from, to, step } = knobs[name]
  const even = Array.from({ length: Math.round((to - from) / step) + 1 }, (_, at) => round(from + at * step))
  if (name === 'temperature') return even
  const jumps = logits
    .map((scores) => Math.max(...scores.filter((_, at) => at !== chosen)) - scores[chosen])
    .filter((jump) => jump > from && jump < to)
    .sort((one, other) => one - other)
  const isClear = (/** @type {number} */ value) => jumps.every((jump) => Math.abs(value - jump) >= clear * 0.75)
  const sides = jumps.flatMap((jump) => [jump - clear, jump + clear]).filter(isClear)
  const spare = most - sides.length
  if (spare < 100) return even.filter(isClear)
  const every = Math.ceil(even.length / spare)
  return [...even.filter((value, at) => at % every === 0 && isClear(value)), ...sides].sort((one, other) => one - other)
}

/** @param {number} value */
function round(value) {
  return Number(value.toFixed(3))
}
