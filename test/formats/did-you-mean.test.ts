import { test } from 'tap'
import { didYouMean, nearest } from '../../src/formats/did-you-mean.ts'
import { includes, labelFormats, logPolicies } from '../../src/loss/formats.ts'
import { lossNames } from '../../src/loss/kernels/index.ts'

test('finds the name that was probably meant', async (t) => {
  const cases: [word: string, names: readonly string[], meant: string | undefined][] = [
    ['crossentropy', lossNames, 'cross-entropy'],
    ['cross_entropy', lossNames, 'cross-entropy'],
    ['CrossEntropy', lossNames, 'cross-entropy'],
    ['binary_crossentropy', lossNames, 'binary-cross-entropy'],
    ['hubber', lossNames, 'huber'],
    ['MSE', lossNames, 'mse'],
    ['rmse', lossNames, 'mse'],
    ['zero-one', lossNames, undefined],
    ['nll', lossNames, undefined],
    ['nope', lossNames, undefined],
    ['onehot', labelFormats, 'one-hot'],
    ['one_hot', labelFormats, 'one-hot'],
    ['indexes', labelFormats, 'index'],
    ['prob', labelFormats, undefined],
    ['addEpsilon', logPolicies, 'add-epsilon'],
    ['per_class', includes, 'perClass'],
    ['', lossNames, undefined],
    ['x'.repeat(1e6), lossNames, undefined],
    ['a', [], undefined],
    ['sede', ['size', 'seed'], undefined],
  ]
  for (const [word, names, meant] of cases) t.equal(nearest(word, names), meant, word.slice(0, 40))
})

test('asks for it', async (t) => {
  t.equal(didYouMean('labelFormat', 'onehot', labelFormats), '; did you mean "one-hot"?')
  for (const received of ['zebra', undefined, null, 3, ['one-hot']])
    t.equal(didYouMean('labelFormat', received, labelFormats), '')
})
