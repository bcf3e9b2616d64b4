import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { mersenne } from 'pure-rand/generator/mersenne'
import type { UniformInteger } from '../loss/sampling.ts'

/**
 * Unbiased integers below a bound, from mt19937 seeded with `init_genrand(seed)` (Matsumoto and Nishimura 1998; the
 * generator of numpy's RandomState). Each takes 32-bit outputs u, as v = u xor 2^31, until v < floor(2^32 / b) b; it is
 * v mod b.
 */
export function uniformIntegers(seed: number): UniformInteger {
  const generator = mersenne(seed)
  return (bound) => uniformInt(generator, 0, bound - 1)
}
