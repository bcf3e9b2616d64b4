import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { t as root, test } from 'tap'
import { appOf } from '../support.ts'
import { root as folder, read } from './markdown.ts'

const app = await appOf(root)

/** What the service answers to a body. */
async function answerTo(body: string, type = 'application/json'): Promise<{ status: number; detail: string }> {
  const answer = await app.inject({ method: 'POST', url: '/v1/loss', headers: { 'content-type': type }, payload: body })
  return { status: answer.statusCode, detail: answer.json().detail }
}

/** A mistake on a page: a bold title, the body in code, the message as a quotation, and how to mend it. */
interface Mistake {
  readonly title: string
  readonly type: string | undefined
  readonly body: string
  readonly message: string
  readonly fix: string
}

function mistakesOf(text: string): Mistake[] {
  const found = text.matchAll(/^\*\*(\d+\..*)\*\* (?:`(application\/[\w-]+)` )?`(\{.*)`\n>(.*)\n\n((?:.+\n)+)/gm)
  return Array.from(found, ([, title, type, body, message, fix]) => ({
    title,
    type,
    body,
    message: message.trim(),
    fix,
  }))
}

for (const page of ['docs/errors.md', 'docs/ko/errors.md']) {
  test(`${page}: the message of each mistake is that of the service, and its remedy works`, async (t) => {
    const mistakes = mistakesOf(read(page))
    t.equal(mistakes.length, page.includes('/ko/') ? 10 : 20)
    let updated = read(page)
    for (const { title, type, body, message, fix } of mistakes) {
      const { status, detail } = await answerTo(body, type)
      t.ok(status >= 400, `${title} is refused`)
      if (process.env.UPDATE !== undefined)
        updated = updated.replace(
          `\`${body}\`\n>${message === '' ? '' : ` ${message}`}\n`,
          () => `\`${body}\`\n> ${detail}\n`,
        )
      else t.equal(message, detail, title)
      const [, mended] = fix.match(/`(\{.*\})`\n?$/) ?? []
      t.equal((await answerTo(mended)).status, 200, `${title} ${mended}`)
    }
    if (updated !== read(page)) writeFileSync(join(folder, page), updated)
  })
}
