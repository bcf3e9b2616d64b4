import { test } from 'tap'
import { formula } from '../../src/pages/formulas.js'

/** What stands between the tags. */
const text = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').trim()

test('formulas are MathML', async (t) => {
  t.equal(formula('1'), '<math><mn>1</mn></math>')
  t.equal(
    formula('y_k = 1//K'),
    '<math><msub><mi>y</mi><mrow><mi>k</mi></mrow></msub><mo>=</mo>' +
      '<mfrac><mrow><mn>1</mn></mrow><mrow><mi>K</mi></mrow></mfrac></math>',
  )
  t.equal(
    formula('∑_k~≠~c ( t )^2'),
    '<math><msub><mo>∑</mo><mrow><mi>k</mi><mo>≠</mo><mi>c</mi></mrow></msub><mo stretchy="false">(</mo><mi>t</mi>' +
      '<msup><mo stretchy="false">)</mo><mrow><mn>2</mn></mrow></msup></math>',
  )
  t.match(formula('ln y'), '<mi>ln</mi><mspace')
  t.equal(text(formula('t′ < 1e-8 , β')).split(/ +/).join(' '), 't′ &lt; 1e-8 , β')
  t.match(formula('t′'), '<mi>t′</mi>')
  t.match(formula('1e-8'), '<mn>1e-8</mn>')
  t.match(formula(','), '<mo>,</mo>')
})
