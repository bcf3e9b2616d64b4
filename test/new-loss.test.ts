import { test } from 'tap'
import { filesOf } from '../.ci/new-loss.ts'

test('a new loss has its kernel, its line in the registry and its place in the oracle', async (t) => {
  const files = filesOf('x-y')
  const index = files.get('src/loss/kernels/index.ts') ?? ''
  t.match(index, "import { xY } from './x-y.ts'\n")
  t.match(index, "  'x-y': xY,\n")
  t.match(files.get('src/loss/kernels/x-y.ts'), 'export const xY = {')
  t.equal(files.get('test/fixtures/oracle.py')?.match(/"x-y"/g)?.length, 4)
  t.throws(() => filesOf('mse'), 'one that there is')
  t.throws(() => filesOf('X y'), 'no name')
})
