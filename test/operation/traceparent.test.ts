import { test } from 'tap'
import { traceParentOf } from '../../src/operation/traceparent.ts'

// the first is the example of W3C Trace Context, section 3.2.2.5
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'

test('a traceparent is read', async (t) => {
  t.same(traceParentOf(`00-${traceId}-${spanId}-01`), { traceId, spanId, traceFlags: 1 })
  t.same(traceParentOf(`00-${traceId}-${spanId}-00`), { traceId, spanId, traceFlags: 0 })
  t.same(traceParentOf(`00-${traceId}-${spanId}-ff`), { traceId, spanId, traceFlags: 1 })
  t.same(traceParentOf(`01-${traceId}-${spanId}-01-more`), { traceId, spanId, traceFlags: 1 }, 'a later version')
})

test('anything else is none', async (t) => {
  for (const header of [
    undefined,
    ['a'],
    '',
    traceId,
    `00-${traceId}-${spanId}`,
    `00-${traceId}-${spanId}-1`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `ff-${traceId}-${spanId}-01`,
    `00-${traceId}-${spanId}-01\n`,
    ` 00-${traceId}-${spanId}-01`,
  ]) {
    t.equal(traceParentOf(header), undefined, String(header))
  }
})
