import { test } from 'tap'
import { StoreUnavailable } from '../../../src/database/errors.ts'
import type { EvaluationEngine } from '../../../src/database/sql/evaluation-engine.ts'
import { ObservedEngine } from '../../../src/database/sql/observed-engine.ts'
import { batchOf } from '../../evaluations/support.ts'

const statement = { text: 'SELECT 1', values: [] }

/** An engine that answers this, whatever it is asked. */
function engineOf(answer: () => Promise<unknown>): { engine: EvaluationEngine; calls: unknown[] } {
  const calls: unknown[] = []
  const say = (name: string) => {
    return (...args: unknown[]) => {
      calls.push([name, ...args])
      return answer() as Promise<never>
    }
  }
  return {
    calls,
    engine: {
      announcesOwn: true,
      query: say('query'),
      transaction: say('transaction'),
      putBatches: say('putBatches'),
      listen: say('listen'),
      close: say('close'),
    },
  }
}

function observed(engine: EvaluationEngine): { observed: ObservedEngine; told: unknown[] } {
  const told: unknown[] = []
  const observer = {
    ran: (system: string, operation: string, seconds: number, failure?: string) => {
      told.push([system, operation, seconds >= 0, failure])
    },
    committed: (batches: number) => {
      told.push(batches)
    },
  }
  return { observed: new ObservedEngine(engine, 'sqlite', observer), told }
}

test('every operation is passed on, and measured', async (t) => {
  const { engine, calls } = engineOf(async () => 'answer')
  const { observed: it, told } = observed(engine)
  const listener = () => undefined
  const batches = [batchOf(1, 'a'), batchOf(1, 'b')]
  const rules = { maxBatches: 5, now: 7 }
  t.equal(it.announcesOwn, true)
  t.equal(await it.query(statement), 'answer')
  t.equal(await it.transaction([statement], 'lock'), 'answer')
  t.equal(await it.putBatches(batches, rules), 'answer')
  it.listen(listener)
  await it.close()
  t.same(calls, [
    ['query', statement],
    ['transaction', [statement], 'lock'],
    ['putBatches', batches, rules],
    ['listen', listener],
    ['close'],
  ])
  t.same(told, [
    ['sqlite', 'query', true, undefined],
    ['sqlite', 'transaction', true, undefined],
    ['sqlite', 'commit', true, undefined],
    2,
  ])
})

test('what fails counts with its reason, and fails all the same', async (t) => {
  const errors = [new StoreUnavailable('locked'), new RangeError('odd')]
  const { engine } = engineOf(async () => {
    throw errors.shift()
  })
  const { observed: it, told } = observed(engine)
  await t.rejects(it.putBatches([batchOf(1, 'a')], { maxBatches: 5, now: 7 }), new StoreUnavailable('locked'))
  await t.rejects(it.query(statement), RangeError)
  t.same(told, [
    ['sqlite', 'commit', true, 'locked'],
    ['sqlite', 'query', true, 'other'],
  ])
})
