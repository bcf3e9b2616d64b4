import { test } from 'tap'
import { resolve } from '../../src/loss/spec.ts'
import { checkStreamable } from '../../src/loss/streams.ts'
import { errorsOf } from './support.ts'

test('what holds on to single rows is refused, and all of it is named', async (t) => {
  const options = { loss: 'cross-entropy', labelFormat: 'index' } as const
  const miniBatch = { size: 1, seed: 2, replacement: true }
  checkStreamable(resolve({ ...options, include: ['perClass', 'confusion', 'calibration'], reduction: 'sum' }))
  const spec = resolve({ ...options, include: ['perClass', 'gradient', 'perSample'], reduction: 'none', miniBatch })
  t.same(
    errorsOf(() => checkStreamable(spec)),
    [
      { path: ['include', 1], detail: 'gradient is available for a single batch only', received: 'gradient' },
      { path: ['include', 2], detail: 'perSample is available for a single batch only', received: 'perSample' },
      { path: ['reduction'], detail: 'reduction "none" is available for a single batch only', received: 'none' },
      { path: ['miniBatch'], detail: 'miniBatch is available for a single batch only', received: 'an object' },
    ],
  )
})
