// Starts a loss function: `npm run new:loss NAME`. The tests fail until what it leaves open is filled in.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const root = new URL('..', import.meta.url)

/** The files of a new loss, by their paths, with what each is to hold. */
export function filesOf(name: string): Map<string, string> {
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) throw new Error(`${name} is not in kebab-case`)
  const kernel = `src/loss/kernels/${name}.ts`
  if (existsSync(new URL(kernel, root))) throw new Error(`${kernel} is there already`)
  const symbol = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  const key = symbol === name ? name : `'${name}': ${symbol}`
  return new Map([
    [kernel, kernelOf(symbol, name)],
    changed('src/loss/kernels/index.ts', [
      [
        "import { binaryCrossEntropy } from './binary-cross-entropy.ts'\n",
        `import { ${symbol} } from './${name}.ts'\n`,
      ],
      ["  'multi-margin': multiMargin,\n", `  ${key},\n`],
    ]),
    changed('test/fixtures/oracle.py', [
      ['    "mape": "mean_k |y-t| / |t|",\n', `    "${name}": "TODO",\n`],
      [
        '            part, slope, curve = abs(r / label), Fraction((r > 0) - (r < 0)) / abs(label), 0.0\n',
        `        elif p.loss == "${name}":\n            raise NotImplementedError("part, slope by y and curve, a bound of the second derivative")\n`,
      ],
      ['OUTPUT_LABELS = {', `"${name}": ("values",), `],
      ['CLASSLESS = (', `"${name}", `],
    ]),
  ])
}

/** A file with a text after each of these places, which must be there once. */
function changed(path: string, insertions: readonly (readonly [after: string, text: string])[]): [string, string] {
  let source = readFileSync(new URL(path, root), 'utf8')
  for (const [after, text] of insertions) {
    const [before, rest, ...more] = source.split(after)
    if (rest === undefined || more.length > 0) throw new Error(`${path} must have once: ${after}`)
    source = before + after + text + rest
  }
  return [path, source]
}

function kernelOf(symbol: string, name: string): string {
  return `import type { Loss } from './loss.ts'

/** TODO: what it is, its range, its derivative where there is none. Predictions and targets have the shape [N, K]. */
export const ${symbol} = {
  title: 'TODO',
  formula: 'l_i = (1/K) sum_k TODO',
  source: 'TODO',
  labelFormats: ['values'],
  predictionFormats: ['values', 'probabilities'],
  reduction: 'mean',
  options: [],
  threshold: 0.5,
  readsClasses: false,
  losses(_rows, _settings, _out) {
    throw new Error('write the losses of ${name}')
  },
  gradient(_rows, _settings, _out) {
    throw new Error('write the gradient of ${name}')
  },
} as const satisfies Loss
`
}

if (import.meta.main) {
  const [, , name = ''] = process.argv
  for (const [path, text] of filesOf(name)) writeFileSync(new URL(path, root), text)
  process.stdout.write(`Fill in src/loss/kernels/${name}.ts and what is marked in test/fixtures/oracle.py, which every loss is tested by. Add it
to README.md: its row in the table of losses. Then run

    python3 test/fixtures/oracle.py && npm run openapi && npm run format && npm test
`)
}
