import { test } from 'tap'
import { Changes } from '../../src/database/changes.ts'

test('listeners are told of their evaluation until they unsubscribe', async (t) => {
  const changes = new Changes()
  const told: string[] = []
  const listener = () => told.push('a')
  const ends = [
    changes.subscribe(1, listener),
    changes.subscribe(1, listener),
    changes.subscribe(2, () => told.push('b')),
  ]
  const told1 = (evaluation?: number) => {
    told.length = 0
    changes.emit(evaluation)
    return told.join('')
  }
  t.equal(told1(1), 'aa', 'the same function twice')
  t.equal(told1(2), 'b')
  t.equal(told1(3), '')
  t.equal(told1(), 'aab', 'all')
  ends[0]()
  ends[0]()
  t.equal(told1(), 'ab')
  ends[1]()
  t.equal(told1(1), '')
  const again = changes.subscribe(1, listener)
  ends[1]()
  t.equal(told1(1), 'a', 'an old end does not end a new subscription')
  again()
  ends[2]()
  t.equal(told1(), '')
})

test('a listener may unsubscribe itself and others while it is told', async (t) => {
  const changes = new Changes()
  const told: number[] = []
  const ends = [1, 2, 3].map((n) =>
    changes.subscribe(7, () => {
      told.push(n)
      for (const end of ends) end()
    }),
  )
  changes.emit(7)
  changes.emit(7)
  t.same(told, [1, 2, 3])
})
