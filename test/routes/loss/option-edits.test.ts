import { test } from 'tap'
import type { Fields } from '../../../src/formats/parsed-body.ts'
import type { ErrorCode } from '../../../src/loss/error-codes.ts'
import { optionEdits } from '../../../src/routes/loss/option-edits.ts'

type Case = [what: string, code: ErrorCode, path: (string | number)[], options: Fields, edits: object[]]

const table: Case[] = [
  ['the body itself', 'wrong-type', [], {}, []],
  ['a name of another library', 'unknown-field', ['loss_type'], { loss_type: 'mse' }, []],
  ['a misspelt name', 'unknown-field', ['reductoin'], { reductoin: 'sum' }, [{ rename: { reductoin: 'reduction' } }]],
  [
    'a missing format of a known loss: each that it takes',
    'missing',
    ['labelFormat'],
    { loss: 'kl-divergence' },
    ['one-hot', 'index', 'probabilities'].map((labelFormat) => ({ set: { labelFormat } })),
  ],
  ['of an unknown loss', 'missing', ['labelFormat'], { loss: 'msq' }, []],
  ['another missing field', 'missing', ['columns'], {}, []],
  [
    'a misspelt format of an unknown loss',
    'unknown-value',
    ['labelFormat'],
    { loss: 'msq', labelFormat: 'onehot' },
    [{ set: { labelFormat: 'one-hot' } }],
  ],
  [
    'a misspelt word of an option, whatever the loss',
    'unknown-value',
    ['reduction'],
    { reduction: 'sun' },
    [{ set: { reduction: 'sum' } }],
  ],
  ['a word where numbers are', 'unknown-value', ['epsilon'], { loss: 'cross-entropy', epsilon: 'small' }, []],
  ['a word of no option', 'unknown-value', ['missing'], { missing: 'skip' }, []],
  ['include that is no list', 'wrong-type', ['include'], { include: 3 }, []],
  ['include that is a word', 'wrong-type', ['include'], { include: 'metrics' }, [{ set: { include: ['metrics'] } }]],
  [
    'a misspelt part, beside right ones',
    'unknown-value',
    ['include', 1],
    { include: ['ranking', 'metric', 'intervals'] },
    [{ set: { include: ['ranking', 'metrics', 'intervals'] } }],
  ],
  [
    'a part that cannot be given',
    'not-available',
    ['include', 0],
    { include: ['losses', 'metrics'] },
    [{ set: { include: ['metrics'] } }],
  ],
  [
    'a misspelt figure of a requirement, beside a right one',
    'unknown-value',
    ['require', 1],
    { require: [{ figure: 'loss' }, { figure: 'acuracy', min: 1 }] },
    [{ set: { require: [{ figure: 'loss' }, { figure: 'accuracy', min: 1 }] } }],
  ],
  ['a number in quotes', 'wrong-type', ['positiveWeight'], { positiveWeight: ' 2' }, [{ set: { positiveWeight: 2 } }]],
  ['no number in quotes', 'wrong-type', ['epsilon'], { epsilon: '1e' }, []],
  ['a quoted value of no option', 'wrong-type', ['seed'], { seed: '1' }, []],
]

test('an error about an option has the changes that may mend it', async (t) => {
  for (const [what, code, path, options, edits] of table) {
    t.strictSame(optionEdits({ code, path, detail: '', received: null }, options, []), edits, what)
  }
})
