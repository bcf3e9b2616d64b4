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
  const send = `curl -sS '${url}'${flags} \\\n  --data-binary @-`
  if (recipe.kind !== 'inline') return `{ ${source(recipe)}; } | ${send}`
  return `${send} <<'JSON'\n${recipe.text}\nJSON`
}

/** @param {Exclude<Recipe, { kind: 'inline' }>} recipe */
function source(recipe) {
  switch (recipe.kind) {
    case 'json':
      return `printf '%s' '${recipe.options}'; tail -c +${recipe.skipBytes + 1} ${quoted(recipe.name)}`
    case 'ndjson':
      return `printf '%s\\n' '${recipe.options}'; tail -n +${recipe.skipLines + 1} ${quoted(recipe.name)}`
    case 'npy':
      return [
        `printf '%s' '${recipe.header}'`,
        ...recipe.files.map(({ name, offset }) => `tail -c +${offset + 1} ${quoted(name)}`),
      ].join('; ')
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
  const { imports, lines, length } = content(recipe)
  const fields = Object.entries(headers).map(([name, value]) =>
    name === 'inference-header-content-length' ? `    '${name}': ${length},` : `    '${name}': '${value}',`,
  )
  return [
    'import json',
    'from urllib.request import Request, urlopen',
    ...imports,
    '',
    ...lines,
    'headers = {',
    ...fields,
    '}',
    `with urlopen(Request('${url}', body, headers)) as answer:`,
    '    print(json.load(answer))',
  ].join('\n')
}

/** @param {Recipe} recipe */
function content(recipe) {
  switch (recipe.kind) {
    case 'inline':
      return {
        imports: [],
        lines: [`body = ${/'''|[\\']$/.test(recipe.text) ? literal(recipe.text) : `r'''${recipe.text}'''`}.encode()`],
      }
    case 'json':
      return {
        imports: [],
        lines: [
          `data = open(${literal(recipe.name)}, 'rb').read()`,
          `body = ${literal(recipe.options)}.encode() + data[${recipe.skipBytes}:]`,
        ],
      }
    case 'ndjson':
      return {
        imports: [],
        lines: [
          `lines = open(${literal(recipe.name)}, 'rb').readlines()[${recipe.skipLines}:]`,
          `body = ${literal(`${recipe.options}\n`)}.encode() + b''.join(lines)`,
        ],
      }
    case 'npy':
      return {
        imports: ['import numpy as np'],
        length: 'str(len(header))',
        lines: [
          `predictions = np.load(${literal(recipe.files[0].name)})`,
          `labels = np.load(${literal(recipe.files[1].name)})`,
          'header = json.dumps({',
          `    'parameters': json.loads(${literal(JSON.stringify(recipe.options))}),`,
          "    'inputs': [",
          "        {'name': name, 'shape': array.shape, 'datatype': datatype,",
          "         'parameters': {'binary_data_size': array.nbytes}}",
          '        for name, array, datatype in (',
          `            ('predictions', predictions, '${recipe.arrays.predictions.datatype}'),`,
          `            ('labels', labels, '${recipe.arrays.labels.datatype}'),`,
          '        )',
          '    ],',
          '}).encode()',
          'body = header + predictions.tobytes() + labels.tobytes()',
        ],
      }
  }
}

/** A Python string. @param {string} value */
function literal(value) {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}
