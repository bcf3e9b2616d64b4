import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'tap'
import { storeProbe } from '../../src/evaluations/probe.ts'

test('a store that answers can be used, one that fails cannot', async (t) => {
  let isUp = true
  const probe = storeProbe(
    async () => {
      if (!isUp) throw new Error('down')
    },
    undefined,
    500,
    0,
  )
  const isReady = () => probe.isReady()
  t.equal(probe.wasReady, false)
  t.equal(await isReady(), true)
  t.equal(probe.wasReady, true)
  isUp = false
  t.equal(await isReady(), false)
  isUp = true
  t.equal(await isReady(), true)
})

test('a store that says nothing cannot be used, and is asked once at a time', async (t) => {
  let asked = 0
  let answer = (): void => undefined
  const { isReady } = storeProbe(
    () => {
      asked++
      return new Promise((resolve) => {
        answer = resolve
      })
    },
    undefined,
    20,
    0,
  )
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

test('an answer holds for a while, so that those who ask do not have the store write all the time', async (t) => {
  let asked = 0
  const probe = storeProbe(async () => void asked++, undefined, 500, 50)
  for (let n = 0; n < 5; n++) t.equal(await probe.isReady(), true)
  t.equal(asked, 1)
  await sleep(60)
  t.equal(await probe.isReady(), true)
  t.equal(asked, 2)
})
