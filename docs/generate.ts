import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../src/config.ts'
import { environment } from '../src/config.ts'
import { losses, lossNames } from '../src/loss/kernels/index.ts'
import { typeInWords } from '../src/loss/option-types.ts'
import type { OptionName } from '../src/loss/options.ts'
import { descriptionOf, optionOf } from '../src/loss/options.ts'

/** The options in the order of the pages, by table. */
export const optionTables = {
  'common options': [
    'predictionFormat',
    'reduction',
    'threshold',
    'topK',
    'thresholds',
    'costs',
    'miniBatch',
    'groupBy',
    'include',
  ],
  'options of probabilities': ['logPolicy', 'epsilon', 'rowSumTolerance'],
  'options of weights and labels': ['classWeights', 'positiveWeight', 'classes', 'ignoreIndex', 'labelSmoothing'],
  'options of one loss': ['delta', 'beta', 'gamma', 'alpha', 'q', 'logInput', 'margin', 'p'],
} as const satisfies Record<string, readonly OptionName[]>

/** The environment variables in the order of the page, by table. */
export const variableTables = {
  'basic variables': ['HOST', 'PORT', 'WORKERS', 'LOG_LEVEL', 'BASE_PATH', 'CORS_ORIGIN'],
  'variables of the store': ['DATABASE_URL', 'DATABASE_URL_FILE', 'EVALUATION_RETENTION_DAYS'],
  'variables of access': [
    'API_KEYS_FILE',
    'OIDC_ISSUER',
    'OIDC_AUDIENCE',
    'REQUESTS_PER_MINUTE',
    'BYTES_PER_MINUTE',
    'TLS_CERT_FILE',
    'TLS_KEY_FILE',
    'TRUST_PROXY',
  ],
  'variables of limits': [
    'MAX_BODY_BYTES',
    'MAX_IN_FLIGHT_BYTES',
    'MAX_COMPUTE_MS',
    'MAX_REQUESTS_IN_FLIGHT',
    'MAX_CONNECTIONS',
    'MAX_CONNECTIONS_PER_ADDRESS',
  ],
  'variables of time limits': [
    'REQUEST_TIMEOUT_MS',
    'ANSWER_TIMEOUT_MS',
    'HEADERS_TIMEOUT_MS',
    'KEEP_ALIVE_TIMEOUT_MS',
    'SHUTDOWN_DELAY_MS',
    'SHUTDOWN_TIMEOUT_MS',
  ],
  'variables of traces': [
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    'OTEL_TRACES_SAMPLER_ARG',
  ],
} as const satisfies Record<string, readonly (keyof Config)[]>

/** A table in Markdown. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lineOf = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [lineOf(head), `|${'---|'.repeat(head.length)}`, ...rows.map(lineOf)].join('\n').replaceAll('|  |', '| |')
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ')
}

function optionTable(names: readonly OptionName[]): string {
  const rows = names.map((name) => {
    const { type, default: standard, appliesTo } = optionOf(name)
    return [code([name]), typeInWords(type), standard?.words ?? 'off', appliesTo, descriptionOf(name)]
  })
  return table(['Option', 'Type', 'Default', 'Applies to', 'Meaning'], rows)
}

function variableTable(names: readonly (keyof Config)[]): string {
  const rows = names.map((name) => {
    const schema = environment.shape[name]
    const standard = schema.safeParse(undefined).data
    return [code([name]), standard === undefined ? '' : code([String(standard)]), schema.description ?? '']
  })
  return table(['Variable', 'Default', 'Meaning'], rows)
}

const formulas = () =>
  table(
    ['`loss`', 'Formula', 'As in'],
    lossNames.map((name) => [code([name]), code([losses[name].formula]), losses[name].source]),
  )

const formats = () =>
  table(
    ['`loss`', '`labelFormat`', '`predictionFormat`, the default first', 'Options of its own'],
    lossNames.map((name) => {
      const { labelFormats, predictionFormats, options } = losses[name]
      return [code([name]), code(labelFormats), code(predictionFormats), code(options)]
    }),
  )

const parts: Record<string, () => string> = {
  formulas,
  formats,
  ...Object.fromEntries(Object.entries(optionTables).map(([title, names]) => [title, () => optionTable(names)])),
  ...Object.fromEntries(Object.entries(variableTables).map(([title, names]) => [title, () => variableTable(names)])),
}

/** A page with the parts between its marks as the code has them. */
export function generate(page: string): string {
  return page.replaceAll(/(<!-- generated: (.*) -->\n)[\s\S]*?(<!-- end -->)/g, (_, mark, name, end) => {
    if (parts[name] === undefined) throw new Error(`no such part: ${name}`)
    return `${mark}\n${parts[name]()}\n\n${end}`
  })
}

if (import.meta.main)
  for (const page of globSync('**/*.md', { cwd: import.meta.dirname })) {
    const file = join(import.meta.dirname, page)
    writeFileSync(file, generate(readFileSync(file, 'utf8')))
  }
