import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { appOf } from '../../support.ts'
import { Firefox } from './firefox.ts'

const executablePath = process.env.FIREFOX ?? '/usr/bin/firefox-esr'
const missing = existsSync(executablePath) ? false : `no Firefox at ${executablePath}`

/** What each page is for, and cannot be there before its scripts have done their work. */
const pages = {
  '/learn': '#training[data-mounted] .training-loss svg',
  '/learn?lang=ko': 'html[lang=ko] #training[data-mounted] .training-loss svg',
  '/runs': '#runs[data-mounted] .learning-drawing svg',
  '/docs': '.swagger-ui .opblock',
  '/problems': 'main a',
  '/problems/invalid-content': 'main pre',
}
const arrowLeft = '\ue012'

test('every page in Firefox', { skip: missing }, async (t) => {
  const app = await appOf(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const firefox = await Firefox.start(executablePath, (end) => t.after(end))

  for (const [address, content] of Object.entries(pages)) {
    await t.test(address, async (t) => {
      await firefox.open(origin + address, content)
      t.match(await firefox.evaluate('document.title'), /\S/)
      // Swagger UI adds styles that the policy refuses; it looks right without
      const isKnown = (error: string) => address === '/docs' && error.startsWith('Content-Security-Policy')
      t.same(
        firefox.errors.splice(0).filter((error) => !isKnown(error)),
        [],
        'no error in the console',
      )
    })
  }

  await t.test('a picture follows the keyboard', async (t) => {
    await firefox.open(`${origin}/learn#losses`, '#losses[data-mounted]')
    const squared = 'document.querySelector("[data-loss=squared] data").value'
    const before = await firefox.evaluate(squared)
    await firefox.evaluate('document.querySelector(".losses-handle").focus()')
    await firefox.press(arrowLeft)
    t.ok(Number(await firefox.evaluate(squared)) > Number(before))
  })

  t.same(firefox.errors, [])
  t.same(
    firefox.addresses.filter((address) => !address.startsWith(`${origin}/`) && !/^(data|blob|about):/.test(address)),
    [],
    'no other host',
  )
})
