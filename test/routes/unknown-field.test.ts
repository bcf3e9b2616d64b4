import { test } from 'tap'
import { didYouMean } from '../../src/formats/did-you-mean.ts'
import { unknownField } from '../../src/routes/unknown-field.ts'
import { appOf, post } from '../support.ts'

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

test('of up to five misspelt options each is mended; of more, none is tried', async (t) => {
  const app = await appOf(t)
  const right = { loss: 'cross-entropy', labelFormat: 'index', predictions: [[0.25, 0.75]], labels: [1] }
  const misspelt = { reductoin: 'sum', labelSmoothin: 0.1, logPolcy: 'clip', epsilonn: 1e-5, rowSumTolerence: 0.1 }
  const remediesOf = async (request: object) => {
    const { body } = await post(app, '/v1/loss', request)
    const { errors } = body as { errors: { remedies?: object[] }[] }
    return [errors.length, errors.flatMap(({ remedies = [] }) => remedies)]
  }
  const [count, remedies] = await remediesOf({ ...right, ...misspelt })
  t.equal(count, 5)
  t.match(remedies, [{ rename: { reductoin: 'reduction', epsilonn: 'epsilon' } }])
  t.same(await remediesOf({ ...right, ...misspelt, includ: [] }), [6, []])
})

test('one letter more or less of an acronym is another loss', async (t) => {
  for (const loss of ['mle', 'mbe', 'mapee']) t.equal(didYouMean('loss', loss, ['mse', 'mae', 'mape']), '', loss)
  t.equal(didYouMean('loss', 'hubr', ['mse', 'huber']), '; did you mean "huber"?')
})
