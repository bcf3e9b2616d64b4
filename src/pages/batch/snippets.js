/** @import { Body, Recipe } from './body.js' */

/**
 * The command that sends the same body.
 *
 * @param {string} url
 * @param {Body} body
 */
export function curl(url, { recipe, headers }) {
  const flags = Object.entries(headers)
    .map(([name, value]) => ` \\\n  -H '${name}: ${value}'`)
    .join('')
  if (recipe.kind === 'multipart') return `curl -sS '${url}'${formFlags(recipe)}`
  const send = `curl -sS '${url}'${flags} \\\n  --data-binary @-`
  if (recipe.kind !== 'inline') return `{ ${source(recipe)}; } | ${send}`
  return `${send} <<'JSON'\n${recipe.text}\nJSON`
}

/** @param {Extract<Recipe, { kind: 'multipart' }>} recipe */
function formFlags({ options, csvHeader, files }) {
  return [
    `--form-string ${quoted(`options=${options}`)}`,
    ...(csvHeader ? ['-F csvHeader=true'] : []),
    ...files.map(({ part, name, type }) => `-F ${quoted(`${part}=@"${name}";type=${type}`)}`),
  ]
    .map((flag) => ` \\\n  ${flag}`)
    .join('')
}

/** @param {Exclude<Recipe, { kind: 'inline' | 'multipart' }>} recipe */
function source(recipe) {
  switch (recipe.kind) {
    case 'json':
      return `printf '%s' '${recipe.options}'; tail -c +${recipe.skipBytes + 1} ${quoted(recipe.name)}`
    case 'ndjson':
      return `printf '%s\\n' '${recipe.options}'; tail -n +${recipe.skipLines + 1} ${quoted(recipe.name)}`
  }
}

/** @param {string} name */
function quoted(name) {
  return `'${name.replaceAll("'", "'\\''")}'`
}

/**
 * The program that sends the same body.
 *
 * @param {string} url
 * @param {Body} body
 */
export function python(url, { recipe, headers }) {
  const lines = content(recipe)
  const sent = recipe.kind === 'multipart' ? { 'content-type': `multipart/form-data; boundary=${boundary}` } : headers
  const fields = Object.entries(sent).map(([name, value]) => `    '${name}': '${value}',`)
  return [
    'import json',
    'from urllib.request import Request, urlopen',
    '',
    ...lines,
    'headers = {',
    ...fields,
    '}',
    `with urlopen(Request('${url}', body, headers)) as answer:`,
    '    print(json.load(answer))',
  ].join('\n')
}

const boundary = 'lossmeter'

/** @param {Recipe} recipe */
function content(recipe) {
  switch (recipe.kind) {
    case 'inline':
      return [`body = ${/'''|[\\']$/.test(recipe.text) ? literal(recipe.text) : `r'''${recipe.text}'''`}.encode()`]
    case 'json':
      return [
        `data = open(${literal(recipe.name)}, 'rb').read()`,
        `body = ${literal(recipe.options)}.encode() + data[${recipe.skipBytes}:]`,
      ]
    case 'ndjson':
      return [
        `lines = open(${literal(recipe.name)}, 'rb').readlines()[${recipe.skipLines}:]`,
        `body = ${literal(`${recipe.options}\n`)}.encode() + b''.join(lines)`,
      ]
    case 'multipart':
      return [
        'parts = [',
        `    ('options', 'application/json', ${literal(recipe.options)}.encode()),`,
        ...(recipe.csvHeader ? ["    ('csvHeader', 'text/plain', b'true'),"] : []),
        ...recipe.files.map(
          ({ part, name, type }) => `    ('${part}', '${type}', open(${literal(name)}, 'rb').read()),`,
        ),
        ']',
        "body = b''.join(",
        `    b'--${boundary}\\r\\nContent-Disposition: form-data; name="%b"\\r\\nContent-Type: %b\\r\\n\\r\\n%b\\r\\n'`,
        '    % (name.encode(), kind.encode(), content) for name, kind, content in parts',
        `) + b'--${boundary}--\\r\\n'`,
      ]
  }
}

/** A Python string. @param {string} value */
function literal(value) {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}
