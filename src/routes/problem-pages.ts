import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { vary } from '../http/constant.ts'
import { isInferencePath } from '../http/inference-error.ts'
import { pathOf } from '../http/path-of.ts'
import type { problems } from '../http/problems.ts'
import type { ProblemTexts } from '../pages/strings/en.js'
import { languageFor } from './language.ts'
import type { Language } from './pages.ts'
import { assets, languages, linkTo, stringsOf } from './pages.ts'
import type { ExampleRequest } from './problem-requests.ts'
import { curlOf, requests, withoutRequests } from './problem-requests.ts'

export interface Description {
  readonly type: string
  readonly status: number
  readonly title: string
  readonly meaning: string
  readonly remedy: string
  readonly codes?: Readonly<Record<string, string>>
}

const styles = ['base.css', 'sections.css', 'content.css', 'plain.css']

/** A page of these parts, in the dress of the pages with the pictures. */
export function plainPage(title: string, parts: string, language: Language): string {
  const { common, plain } = stringsOf[language]
  const links = [
    ['/learn', common.learn],
    ['/batch', common.batch],
    ['/runs', common.runs],
    ['/docs', common.documentation],
    ['/problems', plain.navProblems],
  ].map(([path, name]) => `<a href="${path}">${name}</a>`)
  const inLanguages = Object.entries(languages).map(linkTo(language))
  const at = `/explore/assets/${assets().version}`
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}: lossmeter</title>
<link rel="icon" href="${at}/icon.svg" type="image/svg+xml">
<script src="${at}/theme.js"></script>
${styles.map((style) => `<link rel="stylesheet" href="${at}/styles/${style}">`).join('\n')}
</head>
<body>
<header><div class="bar">
<p class="brand"><a href="/"><img src="${at}/icon.svg" alt="" width="28" height="28">lossmeter</a></p>
<nav aria-label="${common.service}">${links.join(' ')}</nav>
<nav class="languages" aria-label="${common.language}">${inLanguages.join(' ')}</nav>
</div></header>
<main class="plain">
<h1>${escaped(title)}</h1>
${parts}
</main>
</body>
</html>
`
}

export function listPage(types: readonly Description[], language: Language): string {
  const { plain } = stringsOf[language]
  const items = types
    .map((type) => translated(type, language))
    .map(
      ({ type, status, title, meaning }) =>
        `<li><a href="/problems/${nameOf(type)}">${escaped(title)}</a> <span class="note">${status}, <code>${type}</code></span><p>${marked(meaning)}</p></li>`,
    )
  return plainPage(plain.problems, `<ul class="types">\n${items.join('\n')}\n</ul>`, language)
}

/** The page of one type: what it means, what to do, and a request that leads to it beside one that does not. */
export function typePage(description: Description, language: Language): string {
  const { type, status, title, meaning, remedy, codes = {} } = translated(description, language)
  const { plain } = stringsOf[language]
  const { where, reasons }: ProblemTexts = stringsOf[language].problems
  const name = nameOf(type)
  const example = requests[name]
  const reason = reasons[name] ?? withoutRequests[name]
  const parts = [
    `<p class="note"><code>${type}</code>, ${plain.status(status)}</p>`,
    `<p>${marked(meaning)}</p>`,
    `<p>${marked(remedy)}</p>`,
  ]
  if (reason !== undefined) parts.push(`<p>${marked(reason)}</p>`)
  if (example !== undefined) {
    if (example.where !== undefined) parts.push(`<p>${marked(where[name] ?? example.where)}</p>`)
    if (example.before !== undefined) parts.push(`<h2>${plain.after}</h2>`, ...example.before.map(listing))
    parts.push(
      '<div class="pair">',
      `<div><h2><span class="status wrong">${status}</span> ${plain.wrong}</h2>${listing(example.wrong)}</div>`,
      `<div><h2><span class="status right">2xx</span> ${plain.right}</h2>${listing(example.right)}</div>`,
      '</div>',
    )
  }
  const rows = Object.entries(codes).map(([code, said]) => `<dt><code>${code}</code></dt><dd>${marked(said)}</dd>`)
  if (rows.length > 0) parts.push(`<h2>${plain.codes}</h2>`, `<dl>${rows.join('\n')}</dl>`)
  return plainPage(title, parts.join('\n'), language)
}

/** A type in the words of a language, as far as this has its own. */
function translated(description: Description, language: Language): Description {
  const { types, codes }: ProblemTexts = stringsOf[language].problems
  return {
    ...description,
    ...types[nameOf(description.type)],
    ...(description.codes && { codes: { ...description.codes, ...codes } }),
  }
}

function listing(request: ExampleRequest): string {
  return `<pre tabindex="0"><code>${escaped(curlOf(request))}</code></pre>`
}

function nameOf(type: string): keyof typeof problems {
  return type.slice(type.lastIndexOf('/') + 1) as keyof typeof problems
}

/** Whether whoever asks would rather read HTML than JSON. */
export function wantsHtml(request: FastifyRequest): boolean {
  return request.accepts().type(['json', 'html']) === 'html'
}

/** A browser that asks for what is not there gets a page. */
export const notFoundPages = fp(
  async (app) => {
    app.addHook('onSend', (request, reply, payload, done) => {
      const isNowhere = request.is404 || request.routeOptions.url === '/problems/:name'
      // errors of the Open Inference Protocol have a form of their own
      if (reply.statusCode !== 404 || !isNowhere || isInferencePath(pathOf(request.url))) {
        done()
        return
      }
      vary(reply, 'accept')
      done(null, wantsHtml(request) ? notFoundPage(request, reply, payload) : payload)
    })
  },
  { name: 'not-found-pages', dependencies: ['not-found'], decorators: { request: ['accepts'] } },
)

function notFoundPage(request: FastifyRequest, reply: FastifyReply, problem: unknown): string {
  const { detail } = JSON.parse(String(problem))
  const language = languageFor(request, reply)
  const { plain } = stringsOf[language]
  const { types }: ProblemTexts = stringsOf[language].problems
  const own = types['not-found']
  reply.type('text/html; charset=utf-8')
  const said = [...(own === undefined ? [] : [`<p>${marked(own.meaning)}</p>`]), `<p lang="en">${marked(detail)}</p>`]
  return plainPage(plain.nowhere, `${said.join('\n')}\n<p>${plain.nowhereText}</p>`, language)
}

function marked(text: string): string {
  return escaped(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
