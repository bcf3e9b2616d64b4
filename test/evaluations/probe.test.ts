import { test } from 'tap'
import { storeProbe } from '../../src/evaluations/probe.ts'

test('a store that answers can be used, one that fails cannot', async (t) => {
  let isUp = true
  const isReady = storeProbe(async () => {
    if (!isUp) throw new Error('down')
  })
  t.equal(await isReady(), true)
  isUp = false
  t.equal(await isReady(), false)
  isUp = true
  t.equal(await isReady(), true)
})

test('a store that says nothing cannot be used, and is asked once at a time', async (t) => {
  let asked = 0
  let answer = (): void => undefined
  const isReady = storeProbe(() => {
    asked++
    return new Promise((resolve) => {
      answer = resolve
    })
  }, 20)
  // whoever waits for the answer keeps the process alive
  const waiting = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(waiting))
  t.same(await Promise.all([isReady(), isReady()]), [false, false])
  t.equal(await isReady(), false)
  t.equal(asked, 1)
  const late = isReady()
  answer()
  t.equal(await late, true)
  const next = isReady()
  answer()
  t.equal(await next, true)
  t.equal(asked, 2)
})
