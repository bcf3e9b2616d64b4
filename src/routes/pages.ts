import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Constant } from '../http/constant.ts'
import { constant } from '../http/constant.ts'
import { pageBelow } from '../http/plugins/base-path.ts'
import { pages } from '../pages/pages.js'
import { strings as en } from '../pages/strings/en.js'
import { strings as ko } from '../pages/strings/ko.js'

/** The languages of the pages, with their own names; the first where none fits. */
export const languages = { en: 'English', ko: '한국어' } as const
export type Language = keyof typeof languages

type Texts = Readonly<Record<string, unknown>>
export const stringsOf = { en, ko } as const

const folder = fileURLToPath(new URL('../pages/', import.meta.url))
const plotlyFile = createRequire(import.meta.url).resolve('plotly.js-gl3d-dist-min')

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const styles = [
  'base',
  'sections',
  'fields',
  'content',
  'pictures',
  'batch',
  'runs',
  'doors',
  'landscape',
  'lines',
  'output',
  'plotly',
]

/** The page's own files by name, and the version that changes with any of them. */
export interface Assets {
  readonly files: ReadonlyMap<string, Constant>
  readonly version: string
  readonly plotly: Constant
}

let read: Assets | undefined

export function assets(): Assets {
  read ??= readAssets()
  return read
}

function readAssets(): Assets {
  const names = globSync(`**/*{${Object.keys(types)}}`, { cwd: folder }).filter((name) => name !== 'tsconfig.json')
  const files = new Map<string, Constant>()
  for (const name of names.toSorted()) files.set(name, constant(types[posix.extname(name)], contentOf(name)))
  const look = styles.map((name) => contentOf(`styles/${name}.css`))
  files.set('styles.css', constant(types['.css'], Buffer.concat(look)))
  const all = createHash('sha256')
  for (const [name, { hash }] of files) all.update(`${name} ${hash}\n`)
  return {
    files,
    version: all.digest('base64url').slice(0, 20),
    plotly: constant(types['.js'], readFileSync(plotlyFile)),
  }
}

function contentOf(name: string): Buffer {
  return readFileSync(folder + name)
}

export function pageOf(name: keyof typeof pages, language: Language, basePath = ''): Constant {
  const { version, plotly } = assets()
  const sections: readonly string[] = pages[name]
  const at = `/explore/assets/${version}`
  const texts: Texts = stringsOf[language]
  const own = (texts.pages as Readonly<Record<string, Texts>>)[name]
  const page = filled(contentOf('page.html').toString(), {
    ...texts,
    ...own,
    plotly: `/explore/plotly/${plotly.hash}.js`,
    assets: at,
    preloads: modulesOf(['main.js', `sections/${sections[0]}.js`, `strings/${language}.js`])
      .map((module) => `<link rel="modulepreload" href="${posix.join(at, module)}">`)
      .join('\n'),
    languages: Object.entries(languages).map(linkTo(language)).join('\n'),
    contents: sections.length > 1 ? contentsOf(sections, texts) : '',
    sections: sections.map((id) => section(id, texts)).join('\n'),
  })
  const inLanguage = pageBelow(basePath, page.replace('lang="en"', `lang="${language}"`))
  return constant('text/html; charset=utf-8', Buffer.from(inLanguage))
}

function contentsOf(sections: readonly string[], texts: Texts): string {
  const items = sections.map((id) => `<li><a href="#${id}">${filled('{{nav}}', texts[id] as Texts)}</a></li>`)
  const nav = `<nav class="contents" aria-label="{{common.pictures}}">\n<ol>\n${items.join('\n')}\n</ol>\n</nav>`
  return filled(nav, texts)
}

export function linkTo(current: Language) {
  return ([language, name]: [string, string]): string => {
    const isCurrent = language === current ? ' aria-current="true"' : ''
    return `<a href="?lang=${language}" hreflang="${language}" lang="${language}"${isCurrent}>${name}</a>`
  }
}

function section(id: string, texts: Texts): string {
  const body = filled(contentOf(`sections/${id}.html`).toString(), texts)
  const own = texts[id] as Texts
  const why =
    own.why === undefined ? '' : '<details class="about"><summary>{{common.about}}</summary><p>{{why}}</p></details>'
  return filled(contentOf('section.html').toString(), { ...own, id, body, about: filled(why, { ...texts, ...own }) })
}

export function filled(template: string, texts: Texts): string {
  return template.replaceAll(/\{\{([\w.-]+)\}\}/g, (_, path: string) => {
    const text = path.split('.').reduce<unknown>((part, key) => (part as Texts | undefined)?.[key], texts)
    if (typeof text !== 'string') throw new Error(`no string ${path}`)
    return text
  })
}

/** Modules and what they import, directly or not, so that a browser can fetch all of them at once. */
function modulesOf(names: readonly string[]): string[] {
  const found = new Set(names)
  for (const name of found) {
    // the client has no imports
    if (name.startsWith('..')) continue
    for (const [, imported] of contentOf(name)
      .toString()
      .matchAll(/^import [^;]*?'(\.[^']+)'/gms)) {
      found.add(posix.join(posix.dirname(name), imported))
    }
  }
  return [...found]
}
