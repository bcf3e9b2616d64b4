/** Digits that a decimal may have in Parquet and Arrow. */
const mostDigits = 76

/** What makes the double of an unscaled decimal; undefined where it is not exactly a double. */
export function decimals(scale: number): (unscaled: bigint) => number | undefined {
  if (Math.abs(scale) > mostDigits) return () => undefined
  const fives = 5n ** BigInt(Math.max(0, scale))
  const tens = 10n ** BigInt(Math.max(0, -scale))
  const twos = 2 ** Math.max(0, scale)
  return (unscaled) => {
    if (unscaled % fives !== 0n) return undefined
    const whole = (unscaled / fives) * tens
    const near = Number(whole)
    return BigInt(near) === whole ? near / twos : undefined
  }
}
