import { test } from 'tap'
import { appOf } from '../support.ts'

/** What a Content-Security-Policy of 'self' forbids in a page. */
const forbidden = /<script(?![^>]*\bsrc=)[^>]*>|<style|\bstyle=|\son\w+=|javascript:|(?:src|href)="(?:https?:)?\/\//i

test('Swagger UI loads under the policy, with all that it refers to', async (t) => {
  const app = await appOf(t)
  for (const url of ['/docs', '/docs/']) {
    const page = await app.inject(url)
    t.same([page.statusCode, page.headers['content-type']], [200, 'text/html; charset=utf-8'])
    t.notMatch(page.body, forbidden)
    t.match(page.body, '<title>lossmeter</title>')
    const policy = String(page.headers['content-security-policy']).split(';')
    t.ok(policy.includes("script-src 'self'"))
    t.ok(policy.includes("style-src 'self'"))
    t.notMatch(policy.join(), 'unsafe')
    const assets = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), ([, path]) => path)
    t.equal(assets.length, 8)
    for (const path of assets) {
      const asset = await app.inject(new URL(path, `http://a${url}`).pathname)
      const media = {
        js: /^(text|application)\/javascript; charset=utf-8$/i,
        css: /^text\/css; charset=utf-8$/i,
        png: /^image\/png$/,
      }
      const extension = path.split('.').at(-1) as keyof typeof media
      t.equal(asset.statusCode, 200, path)
      t.match(asset.headers['content-type'], media[extension], path)
      t.equal(asset.headers['x-content-type-options'], 'nosniff')
    }
  }
})

test('Swagger UI reads the document of this service, and Try it out is on', async (t) => {
  const app = await appOf(t)
  const { body } = await app.inject('/docs/static/swagger-initializer.js')
  t.match(body, '"tryItOutEnabled":true')
  const document = (await app.inject('/openapi.json')).json()
  const { headers } = await app.inject('/docs/json')
  t.same((await app.inject(String(headers.location))).json(), document)
})
