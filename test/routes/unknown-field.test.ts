import { test } from 'tap'
import { unknownField } from '../../src/routes/unknown-field.ts'

const names = ['epsilon', 'delta', 'labelFormat', 'q']
const said = `is not a recognised field; the fields are ${names.join(', ')}`

test('says the fields there are, and the one that was probably meant', async (t) => {
  const cases: [keys: string[], hint: string][] = [
    [['epsilom'], '; did you mean "epsilon"?'],
    [['EPSILON'], '; did you mean "epsilon"?'],
    [['label_format'], '; did you mean "labelFormat"?'],
    [['labelsFormat'], '; did you mean "labelFormat"?'],
    [['zebra'], ''],
    [['x'], ''],
    [['Q'], '; did you mean "q"?'],
    [[''], ''],
    [['toString'], ''],
    [['e'.repeat(1e6)], ''],
    [['dleta'], '; did you mean "delta"?'],
    [['epsilom', 'zebra'], '; did you mean "epsilon" for "epsilom"?'],
    [['epsilom', 'delte'], '; did you mean "epsilon" for "epsilom", "delta" for "delte"?'],
    [['epsilom', 'zebra', 'yak', 'delte'], '; did you mean "epsilon" for "epsilom"?'],
  ]
  const of = unknownField(names)
  for (const [keys, hint] of cases)
    t.equal(of({ code: 'unrecognized_keys', keys }), said + hint, keys.join().slice(0, 40))
})

test('says nothing of anything else', async (t) => {
  t.equal(unknownField(names)({ code: 'invalid_type' }), undefined)
  t.equal(unknownField([])({ code: 'unrecognized_keys', keys: ['a'] }), 'is not a recognised field; the fields are ')
  t.equal(unknownField(['a'])({ code: 'unrecognized_keys' }), 'is not a recognised field; the fields are a')
})

test('guesses nothing where two names are as near', async (t) => {
  const said = 'is not a recognised field; the fields are size, seed'
  t.equal(unknownField(['size', 'seed'])({ code: 'unrecognized_keys', keys: ['sede'] }), said)
})

test('says of options that there are numbers besides', async (t) => {
  const of = unknownField(['reduction', 'epsilon'], ['predictions', 'labels'])
  const said = 'is not a recognised field; the options are reduction, epsilon; the data fields are predictions, labels'
  for (const [key, meant] of [
    ['prediction', 'predictions'],
    ['reductions', 'reduction'],
    ['label', 'labels'],
  ])
    t.equal(of({ code: 'unrecognized_keys', keys: [key] }), `${said}; did you mean "${meant}"?`)
})
