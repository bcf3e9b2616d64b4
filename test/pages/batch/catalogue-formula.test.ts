import { test } from 'tap'
import { losses } from '../../../src/loss/kernels/index.ts'
import { markupOf } from '../../../src/pages/batch/catalogue-formula.js'
import { formula } from '../../../src/pages/formulas.js'

test('formulas of the catalogue are written as the page writes them', async (t) => {
  for (const [given, written] of [
    ['l_i = -sum_k c_k t_k log y_k', formula('l_i = − ∑_k c_k t_k ln y_k')],
    ['l_i = (1/K) sum_k |y_k - t_k|', formula('l_i = 1//K ∑_k | y_k − t_k |')],
    [
      'l_i = (1/K) sum_(k != c) max(0, margin - y_c)^p, c the class',
      `${formula('l_i = 1//K ∑_k~≠~c max ( 0 , margin − y_c )^p')}, ${formula('c')} the class`,
    ],
    [
      "h(r) = r^2 / (2 beta) for |r| < 1e-8, t' = log cosh(y_k^2)",
      `${formula('h ( r ) = r^2 / ( 2 β )')} for ${formula('| r | < 1e-8')}, ${formula('t′ = ln cosh ( y_k^2 )')}`,
    ],
    ["a (1 - p)^gamma; else t'_k", `${formula('a ( 1 − p )^γ')}; else ${formula('t′_k')}`],
  ]) {
    t.equal(markupOf(given), written)
  }
})

test('those of all losses are', async (t) => {
  for (const [name, { formula }] of Object.entries(losses)) {
    const markup = markupOf(formula)
    t.match(markup, /^<math>.*$/, name)
    t.notMatch(markup.replaceAll(/<[^>]+>/g, ' '), /\w_|\^|!=|<=|\b(log|sum|sqrt|beta|gamma|delta)\b|(?<![\de])-/, name)
  }
})
