import { mersenne } from 'pure-rand/generator/mersenne'

/**
 * Unbiased integers below a bound of 1 to 2^32, from mt19937 seeded with `init_genrand(seed)` (Matsumoto and Nishimura
 * 1998): the stream of numpy.random.RandomState(seed), which NumPy has frozen. Below b, it is 32-bit outputs u, of which
 * only as many low bits are kept as b - 1 has, until one is less than b. The one integer below 1 takes no output.
 *
 * @param seed 0 to 2^32 - 1
 */
export function uniformIntegers(seed: number): (bound: number) => number {
  const generator = mersenne(seed)
  return (bound) => {
    const largest = bound - 1
    if (largest === 0) return 0
    const mask = 0xffffffff >>> Math.clz32(largest)
    for (;;) {
      const value = (generator.next() & mask) >>> 0
      if (value <= largest) return value
    }
  }
}
