/**
 * @typedef {object} Decided
 * @property {string} label
 * @property {string} [decision] what the model decided; nothing where there is nothing to decide
 * @property {number} [confidence] the probability of that decision; nothing where predictions are no probabilities
 */

/**
 * What a sample is, what the model decided, and how sure it was. As in the service the first of equal outputs is decided for.
 *
 * @param {number[]} predictions
 * @param {number[]} labels
 * @param {Record<string, unknown>} spec
 * @returns {Decided}
 */
export function decided(predictions, labels, spec) {
  const { labelFormat, loss, predictionFormat } = spec
  if (labelFormat === 'values') return { label: labels.join(', ') }
  if (labelFormat === 'binary' || loss === 'binary-cross-entropy') {
    const shares = predictions.map((value) => (predictionFormat === 'logits' ? 1 / (1 + Math.exp(-value)) : value))
    const threshold = typeof spec.threshold === 'number' ? spec.threshold : 0
    const decisions = shares.map((share) => (share > threshold ? 1 : 0))
    const [share] = shares
    return {
      label: labels.join(', '),
      decision: decisions.join(', '),
      ...(shares.length === 1 &&
        predictionFormat !== 'values' && { confidence: decisions[0] === 1 ? share : 1 - share }),
    }
  }
  const decision = largest(predictions)
  return {
    label: String(labelFormat === 'index' ? labels[0] : largest(labels)),
    decision: String(decision),
    ...confidenceOf(predictions, decision, predictionFormat),
  }
}

/** @param {number[]} values */
function largest(values) {
  return values.indexOf(Math.max(...values))
}

/**
 * @param {number[]} predictions
 * @param {number} decision
 * @param {unknown} format
 */
function confidenceOf(predictions, decision, format) {
  const most = predictions[decision]
  if (format === 'probabilities') return { confidence: most }
  if (format === 'log-probabilities') return { confidence: Math.exp(most) }
  if (format !== 'logits') return {}
  return { confidence: 1 / predictions.reduce((sum, value) => sum + Math.exp(value - most), 0) }
}
