// Runs a tier of the tests: node test/run.ts rooms|all|long. What follows goes to tap, as in `node test/run.ts rooms --bail`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { PostgresServer } from './database/postgres/server.ts'
import { launchOptions, withoutBrowser } from './pages/browser.ts'

const root = join(import.meta.dirname, '..')
const tap = join(root, 'node_modules/tap/dist/esm/run.mjs')
const rooms = 'test/rooms/*.test.ts'
const seed = process.env.SEED ?? String(Date.now() % 2 ** 32)

interface Step {
  readonly needsBrowser?: boolean
  /** The arguments of node. */
  readonly run: readonly string[]
  readonly variables?: Record<string, string>
  /** In percent. */
  readonly leastCovered?: Record<string, number>
}

/** The tiers. Tap takes the files by their names: long ones should come early, as `api` does. */
const tiers: Readonly<Record<string, readonly Step[]>> = {
  // compiled code is kept: many tests start the service. What counts its coverage needs code that is compiled anew.
  // Three rooms at a time: a room waits, for clocks and other processes, half of its time.
  rooms: [
    { run: [tap, '--jobs=3', rooms], variables: { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') } },
  ],
  all: [
    {
      needsBrowser: true,
      // tap itself fails below 100 % or never
      run: [
        tap,
        '--no-disable-coverage',
        '--allow-incomplete-coverage',
        '--coverage-report=text',
        '--coverage-report=json-summary',
        'test/{attacks,browser,faults,fuzz,system}/*.test.ts',
        rooms,
      ],
      variables: { TEST_TURNS: 'yes' },
      // what is left are branches of outages and of ends that no test can time
      leastCovered: { statements: 99.5, lines: 99.5, functions: 99, branches: 98.5 },
    },
  ],
  long: [
    { needsBrowser: true, run: [tap, 'test/{pages,system}/long/*.test.ts', 'test/clients/*.test.ts'] },
    { run: ['test/faults/run.ts'], variables: { FAULTS_SEED: seed } },
    { run: ['test/faults/migration.ts'] },
    { run: ['test/fuzz/run.ts'], variables: { FUZZ_SEED: seed } },
    {
      run: ['test/fuzz/run.ts'],
      variables: { FUZZ_SEED: seed, FUZZ_REQUESTS: '10000', FUZZ_WITH: 'keys,tls,workers' },
    },
    { run: ['test/attacks/run.ts'] },
    { run: ['test/attacks/run.ts'], variables: { ATTACKS_WITH: 'keys,tls,workers' } },
  ],
}

const [tier = 'rooms', ...more] = process.argv.slice(2)
const steps = tiers[tier]
if (steps === undefined) throw new Error(`${tier}: there are ${Object.keys(tiers)}`)
if (tier === 'long') process.stdout.write(`SEED=${seed} npm run test:long sends the same again\n`)

/** Says what is covered too little. */
function isCovered(least: Record<string, number>): boolean {
  const { total } = JSON.parse(readFileSync(join(root, '.tap/report/coverage-summary.json'), 'utf8'))
  const short = Object.entries(least).filter(([kind, percent]) => !(total[kind].pct >= percent))
  for (const [kind, percent] of short)
    process.stdout.write(`${total[kind].pct} % of the ${kind} are covered; ${percent} % must be\n`)
  return short.length === 0
}

const ends: (() => Promise<void>)[] = []
const failed: string[] = []
try {
  const server = await PostgresServer.start({ teardown: (end) => ends.push(end) })
  const shared: Record<string, string> = { TEST_POSTGRES: server.folder }
  if (withoutBrowser === false && steps.some(({ needsBrowser }) => needsBrowser)) {
    const browser = await chromium.launchServer(launchOptions)
    ends.push(() => browser.close())
    shared.TEST_BROWSER = browser.wsEndpoint()
  }
  for (const { run, variables, leastCovered } of steps) {
    const args = run[0] === tap ? [...run, ...more] : run
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...shared, ...variables },
      stdio: 'inherit',
    })
    // a signal ends the tests, and then what was started for them
    const stop = (signal: NodeJS.Signals) => child.kill(signal)
    process.on('SIGINT', stop).on('SIGTERM', stop)
    const [code] = await once(child, 'exit')
    process.off('SIGINT', stop).off('SIGTERM', stop)
    if (code !== 0 || (leastCovered !== undefined && !isCovered(leastCovered)))
      failed.push([...Object.entries(variables ?? {}).map((pair) => pair.join('=')), 'node', ...args].join(' '))
  }
} finally {
  for (const end of ends.reverse()) await end()
}
if (tier === 'long') for (const command of failed) process.stdout.write(`failed: ${command}\n`)
process.exit(failed.length === 0 ? 0 : 1)
