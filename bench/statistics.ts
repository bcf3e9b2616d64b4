/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length
}

/** The middle half of the values, as a share of their median: how noisy the machine was. */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values)
}

/** Measures each contender once per round, each round in another order, and returns all that was measured. */
export async function interleave<Name extends string, Result>(
  names: readonly Name[],
  rounds: { readonly warmUp: number; readonly measured: number },
  measure: (name: Name) => Promise<Result>,
): Promise<Map<Name, Result[]>> {
  const results = new Map(names.map((name) => [name, [] as Result[]]))
  for (let round = -rounds.warmUp; round < rounds.measured; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + rounds.warmUp) % names.length]
      const result = await measure(name)
      if (round >= 0) results.get(name)?.push(result)
    }
  }
  return results
}
