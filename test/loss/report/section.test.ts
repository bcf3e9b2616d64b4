import { test } from 'tap'
import { classesOf } from '../../../src/loss/report/section.ts'
import { resolve } from '../../../src/loss/resolve.ts'

test('the classes are the outputs, or those of a binary decision', async (t) => {
  t.equal(classesOf(resolve({ loss: 'mse', labelFormat: 'index' }), 7), 7)
  t.equal(classesOf(resolve({ loss: 'mse', labelFormat: 'binary' }), 1), 2)
  t.equal(classesOf(resolve({ loss: 'mse', labelFormat: 'binary' }), 3), 3, 'each output is a class of its own')
})
