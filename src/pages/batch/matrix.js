/**
 * A matrix of counts as shares of 1: of the greatest count, of each label's samples, of each decision's, or of all.
 *
 * @param {number[][]} counts
 * @param {string} by `count`, `row`, `column` or `all`
 */
export function scaled(counts, by) {
  const sum = (/** @type {number[]} */ row) => row.reduce((one, other) => one + other, 0)
  if (by === 'row') return counts.map((row) => row.map((count) => shareOf(count, sum(row))))
  if (by === 'column') {
    const columns = counts.map((_, at) => sum(counts.map((row) => row[at])))
    return counts.map((row) => row.map((count, at) => shareOf(count, columns[at])))
  }
  const rows = counts.map(by === 'all' ? sum : (row) => Math.max(...row))
  const whole = by === 'all' ? sum(rows) : Math.max(...rows)
  return counts.map((row) => row.map((count) => shareOf(count, whole)))
}

/**
 * @param {number} count
 * @param {number} whole
 */
function shareOf(count, whole) {
  return whole === 0 ? 0 : count / whole
}

/**
 * The most frequent wrong decisions, each with its share of the samples of its label.
 *
 * @param {number[][]} counts
 * @param {number} most
 */
export function frequentPairs(counts, most) {
  const shares = scaled(counts, 'row')
  return counts
    .flatMap((row, label) => row.map((count, decision) => ({ label, decision, count, share: shares[label][decision] })))
    .filter(({ label, decision, count }) => label !== decision && count > 0)
    .sort((one, other) => other.count - one.count)
    .slice(0, most)
}
