import { test } from 'tap'
import { filled } from '../../src/routes/pages.ts'

test('a template is filled, and nothing is left open', async (t) => {
  const texts = { id: 'curve', common: { left: '<b>Left</b>' } }
  t.equal(filled('{{id}} {{common.left}} {{id}} { {{ }}', texts), 'curve <b>Left</b> curve { {{ }}')
  for (const path of ['none', 'none.left', 'common.none', 'common', 'id.length']) {
    t.throws(() => filled(`{{${path}}}`, texts), { message: `no string ${path}` })
  }
})
