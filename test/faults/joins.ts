// Halves of rows in any order, each sent up to three times to whichever replica, while replicas are killed.
import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Choices } from '../fuzz/random.ts'
import { Replica } from './replica.ts'

const clients = 6
const mostRows = 400
/** One body in so many is stored in several transactions, between which a process may be killed. */
const oneInLong = 50
const rowsOfLong = 10_000
const mostBytesOfFull = 1_000_000
const refusedWhileFull = 20
const day = 86_400_000
const start = Date.UTC(2026, 0, 1)
const url = '/v1/evaluations/joined'
const options = { loss: 'cross-entropy', labelFormat: 'index' }

export interface JoinSetting {
  readonly databaseUrl: string
  readonly replicas: number
  readonly kills: number
  readonly rows: number
  readonly seed: number
}

export interface JoinResult {
  readonly kills: number
  readonly bodies: number
  /** Requests that were sent again, because no answer said what became of them. */
  readonly resent: number
  readonly faults: readonly string[]
}

interface Row {
  readonly id: string | number
  readonly predictions: readonly number[]
  readonly label: number
  readonly at: number
}

interface Body {
  readonly half: 'predictions' | 'labels'
  readonly rows: readonly Row[]
}

export async function joinUnderKills(setting: JoinSetting): Promise<JoinResult> {
  const variables = { DATABASE_URL: setting.databaseUrl, LOG_LEVEL: 'info' }
  const replicas = Array.from({ length: setting.replicas }, () => new Replica(variables))
  try {
    await Promise.all(replicas.map((replica) => replica.start()))
    return await joinWith(replicas, setting)
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()))
  }
}

/** The file of the store may grow no more until some requests were refused. */
export async function joinWhileFull(databaseUrl: string, rows: number, seed: number): Promise<JoinResult> {
  // what tap loads into processes would end it by SIGXFSZ, which Node.js ignores
  const command = ['env', '-u', 'NODE_OPTIONS', 'prlimit', `--fsize=${mostBytesOfFull}:unlimited`]
  const replica = new Replica({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'info' }, command)
  try {
    await replica.start()
    return await joinWith([replica], { kills: 0, rows, seed }, async (refused) => {
      while (refused() < refusedWhileFull) await sleep(5)
      if (!replica.isRunning) throw new Error(`the service has ended: ${replica.errors}`)
      execFileSync('prlimit', [`--pid=${replica.pid}`, '--fsize=unlimited'])
    })
  } finally {
    await replica.kill()
  }
}

async function joinWith(
  replicas: readonly Replica[],
  { kills, rows: count, seed }: Omit<JoinSetting, 'databaseUrl' | 'replicas'>,
  disturb: (resent: () => number) => Promise<void> = async () => undefined,
): Promise<JoinResult> {
  const choices = new Choices(seed)
  const rows = Array.from({ length: count }, (_, at) => rowOf(choices, at))
  const queue = shuffled(choices, [...bodiesOf(choices, rows, 'predictions'), ...bodiesOf(choices, rows, 'labels')])
  const bodies = queue.length
  const faults: string[] = []
  let resent = 0
  let isOver = false
  await json(replicas[0], 'PUT', url, { ...options, outputs: 3, join: { within: 'P30D' }, window: 'day' })
  const client = async () => {
    for (let body = queue.pop(); body !== undefined && !isOver; ) {
      const replica = choices.pick(replicas)
      const answer = await json(replica, 'POST', `${url}/${body.half}`, contentOf(body)).catch(() => undefined)
      if (answer === undefined) {
        resent++
        await sleep(20)
        continue
      }
      if (answer.conflicts !== 0) faults.push(`${body.half}: ${JSON.stringify(answer)}`)
      body = queue.pop()
    }
  }
  const disturber = async () => {
    for (let killed = 0; killed < kills; killed++) {
      // while there is something left to be sent
      while (queue.length > (bodies * (kills - killed)) / (kills + 1)) await sleep(5)
      const replica = choices.pick(replicas)
      await replica.kill()
      await replica.start()
    }
  }
  try {
    await Promise.all([disturber(), disturb(() => resent), ...Array.from({ length: clients }, client)])
  } finally {
    isOver = true
  }
  faults.push(...(await differences(replicas, rows)))
  for (const replica of replicas) if (replica.errors !== '') faults.push(replica.errors)
  return { kills, bodies, resent, faults }
}

function rowOf(choices: Choices, at: number): Row {
  const weights = [1, 2, 3].map(() => 1 + choices.below(1000))
  const sum = weights.reduce((a, b) => a + b, 0)
  const predictions = weights.map((weight) => weight / sum)
  return {
    id: at % 2 === 0 ? at : `row-${at}`,
    predictions,
    label: choices.below(3),
    at: start + choices.below(20 * day),
  }
}

/** Bodies that have each row one to three times. */
function bodiesOf(choices: Choices, rows: readonly Row[], half: Body['half']): Body[] {
  const rest = shuffled(
    choices,
    rows.flatMap((row) => Array<Row>(1 + choices.below(3)).fill(row)),
  )
  const bodies: Body[] = []
  while (rest.length > 0) {
    const most = choices.below(oneInLong) === 0 ? rowsOfLong : mostRows
    bodies.push({ half, rows: rest.splice(0, 1 + choices.below(most)) })
  }
  return bodies
}

function contentOf({ half, rows }: Body): object {
  const ids = rows.map(({ id }) => id)
  if (half === 'labels') return { ids, labels: rows.map(({ label }) => label) }
  return { ids, predictions: rows.map(({ predictions }) => predictions), at: rows.map(({ at }) => at) }
}

function shuffled<Value>(choices: Choices, values: readonly Value[]): Value[] {
  const all = [...values]
  for (let at = all.length - 1; at > 0; at--) {
    const other = choices.below(at + 1)
    const kept = all[at]
    all[at] = all[other]
    all[other] = kept
  }
  return all
}

/** What is not as one request with all rows, or with those of a day, says. */
async function differences(replicas: readonly Replica[], rows: readonly Row[]): Promise<string[]> {
  const faults: string[] = []
  const wanted = await lossOf(replicas[0], rows)
  const days = Map.groupBy(rows, ({ at }) => at - (at % day))
  for (const [number, replica] of replicas.entries()) {
    const { joined, ...report } = await json(replica, 'GET', url)
    for (const [name, value] of Object.entries(wanted)) {
      if (!isDeepStrictEqual(report[name], value))
        faults.push(`replica ${number}: ${name} is ${report[name]}, not ${value}`)
    }
    const { joined: count, waitingPredictions, waitingLabels } = joined as Record<string, unknown>
    if (count !== rows.length || waitingPredictions !== 0 || waitingLabels !== 0) faults.push(JSON.stringify(joined))
    const { windows } = await json(replica, 'GET', `${url}/windows?limit=100`)
    for (const { from, to: _, batches: __, ...figures } of windows as Record<string, unknown>[]) {
      const own = await lossOf(replica, days.get(Date.parse(String(from))) ?? [])
      if (!isDeepStrictEqual(figures, own)) faults.push(`replica ${number}, ${from}: ${JSON.stringify(figures)}`)
    }
    if ((windows as unknown[]).length !== days.size)
      faults.push(`replica ${number}: ${(windows as unknown[]).length} windows`)
  }
  return faults
}

async function lossOf(replica: Replica, rows: readonly Row[]): Promise<Record<string, unknown>> {
  const predictions = rows.map((row) => row.predictions)
  const {
    spec: _,
    requestId: __,
    ...figures
  } = await json(replica, 'POST', '/v1/loss', {
    ...options,
    predictions,
    labels: rows.map(({ label }) => label),
  })
  return figures
}

/** @throws unless it is answered with a status of success */
async function json(
  replica: Replica,
  method: string,
  path: string,
  content?: object,
): Promise<Record<string, unknown>> {
  const init = content && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) }
  const answer = await fetch(`http://127.0.0.1:${replica.port}${path}`, { method, ...init })
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}
