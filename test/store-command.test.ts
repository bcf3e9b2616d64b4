import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { t as root, test } from 'tap'
import type { Store } from '../src/database/store.ts'
import { Evaluations } from '../src/evaluations/service.ts'
import { Scheduler } from '../src/runtime/scheduler.ts'
import { storeCommand } from '../src/store-command.ts'
import { sharedPostgres } from './database/postgres/server.ts'
import { byRow, classRows, declaredFor, found, put, reportOf, storeOf } from './evaluations/evaluations.ts'
import { places } from './evaluations/released-stores.ts'
import { batchOf, declareNew, sweepAll } from './evaluations/support.ts'
import { appOf, ask, post } from './support.ts'

const server = await sharedPostgres(root)

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

async function run(
  url: string,
  args: readonly string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const [out, err] = [new PassThrough(), new PassThrough()]
  const texts = [text(out), text(err)]
  const code = await storeCommand(args, url, { in: Readable.from([input]), out, err })
  out.end()
  err.end()
  const [outText, errText] = await Promise.all(texts)
  return { code, out: outText, err: errText }
}

/** A store with evaluations that is open, as that of a service. */
async function filled(t: Test, url: string): Promise<{ store: Store; evaluations: Evaluations }> {
  const store = await storeOf(t, url)
  const evaluations = new Evaluations(store, new Scheduler())
  const rows = byRow(classRows(140))
  for (const [name, count] of Object.entries({ long: 140, short: 3, none: 0 })) {
    const declared = declaredFor(rows[0], 3, { metadata: { note: `"${name}"\n` } })
    const result = await evaluations.declare('ann', name, declared)
    if (!('evaluation' in result)) throw new Error(result.outcome)
    if (count > 0) await put(evaluations, result.evaluation, rows.slice(0, count))
  }
  await reportOf(evaluations, 'long')
  await evaluations.change('ann', 'short', { seals: true })
  await evaluations.declare('bob', 'long', declaredFor(rows[0], 3))
  return { store, evaluations }
}

test('evaluations move from one store to another and back, and are the same to the last bit', async (t) => {
  const first = `sqlite:${join(folderOf(t), 'store')}`
  const { evaluations } = await filled(t, first)
  const second = await server.createDatabase()
  const all = await run(first, ['export'])
  t.equal(all.code, 0)
  t.equal(all.out.trim().split('\n').length, 4 * 2 + 143)
  const printed = `\n> lossmeter@1.0.0 store\n> node src/store-command.ts export\n\n${all.out}`
  t.match(await run(second, ['import'], printed), { code: 0, err: /4 evaluations were imported, 0 already existed/ })
  const there = await run(second, ['export'])
  t.same(there.out, all.out)
  const moved = new Evaluations(await storeOf(t, second), new Scheduler())
  for (const name of ['long', 'short']) t.equal(await reportOf(moved, name), await reportOf(evaluations, name))
  t.match((await found(moved, 'short')).stored, { status: 'sealed', batches: 3 })
  t.match(await run(second, ['verify']), {
    code: 0,
    out: '',
    err: /4 evaluations, 143 batches and 1 stored sums: 0 diff/,
  })
  t.match(await run(second, ['import'], all.out), { code: 0, err: /0 evaluations were imported, 4 already existed/ })
  await put(moved, await found(moved, 'long'), byRow(classRows(1)), 500)

  const third = `sqlite:${join(folderOf(t), 'store')}`
  const file = join(folderOf(t), 'one.ndjson')
  writeFileSync(file, (await run(second, ['export', '--owner', 'ann', 'long'])).out)
  t.match(await run(third, ['import', file]), { code: 0, err: /1 evaluations were imported/ })
  const back = new Evaluations(await storeOf(t, third), new Scheduler())
  t.equal(await reportOf(back, 'long'), await reportOf(moved, 'long'))
  t.match(await run(first, ['export', 'long', 'x']), { code: 1, err: 'There is no evaluation "x".\n' })
})

test('what is wrong in an import leaves nothing behind', async (t) => {
  const from = `sqlite:${join(folderOf(t), 'store')}`
  await filled(t, from)
  const lines = (await run(from, ['export', 'short'])).out.trim().split('\n')
  const [head, one, two, three, end] = lines
  const to = `sqlite:${join(folderOf(t), 'store')}`
  const store = await storeOf(t, to)
  const wrong: [name: string, lines: string[], error: RegExp][] = [
    [
      'other samples',
      [head, one.replace('"samples":1', '"samples":2')],
      /^Line 2: the batch "b0" does not match its digest/,
    ],
    ['another name', [head, one.replace('"b0"', '"c0"')], /^Line 2: the batch "c0" does not match its digest/],
    [
      'a damaged state',
      [head, one.replace('"state":"', '"state":"AAAA')],
      /^Line 2: the state of the batch "b0" cannot/,
    ],
    ['a batch left out', [head, one, three], /^Line 3: batch 2 is missing/],
    ['a shorter end', [head, one, two, end], /^Line 4: the evaluation "short" has other batches/],
    ['the end left out', [head, one, two, three], /^Line 4: the file ends before the evaluation "short" does/],
    ['two heads', [head, head], /^Line 2: the evaluation "short" is not finished before it/],
    ['no head', [one], /^Line 1: this batch does not follow an evaluation/],
    ['an end without a head', [end], /^Line 1: this end does not follow an evaluation/],
    ['a row without a head', ['{"row":{}}'], /^Line 1: this row does not follow an evaluation/],
    ['no JSON', ['{'], /^Line 1: /],
    ['something else', ['{}'], /^Line 1: neither/],
  ]
  for (const [name, text, error] of wrong) {
    t.match(await run(to, ['import'], text.join('\n')), { code: 1, err: error }, name)
  }
  t.same(await store.list('ann', { limit: 9 }), [])
  await sweepAll(store)
  const database = new DatabaseSync(to.slice('sqlite:'.length))
  t.teardown(() => database.close())
  t.same(Object.values(database.prepare('SELECT count(*) FROM batches').get() ?? {}), [0])
  t.match(await run(to, ['import'], lines.join('\n')), { code: 0, err: /1 evaluations were imported/ })
  await store.delete('ann', 'short')
  await declareNew(store, 'ann', 'short')
  t.match(await run(to, ['import'], lines.join('\n')), {
    code: 1,
    err: /^Line 1: .* already exists with other batches/,
  })
})

for (const kind of ['SQLite', 'PostgreSQL']) {
  test(`${kind}: what was changed is named, and sums are mended beside a service`, async (t) => {
    const url = kind === 'SQLite' ? `sqlite:${join(folderOf(t), 'store')}` : await server.createDatabase()
    const { store, evaluations } = await filled(t, url)
    const right = await reportOf(evaluations, 'long')
    const { stored } = await found(evaluations, 'long')
    const change = async (statement: string) => {
      if (kind === 'PostgreSQL') return server.query(statement, new URL(url).pathname.slice(1))
      const database = new DatabaseSync(url.slice('sqlite:'.length), { timeout: 5000 })
      database.exec(statement)
      return database.close()
    }
    t.match(await run(url, ['verify']), { code: 0, out: '' })
    await change(
      `UPDATE folds SET state = (SELECT state FROM batches WHERE evaluation = ${stored.id} AND sequence = 7)`,
    )
    const fresh = async () => reportOf(new Evaluations(await storeOf(t, url), new Scheduler()), 'long')
    t.not(await fresh(), right)
    const sum = { owner: 'ann', evaluation: 'long', difference: 'the stored sum of batches 1 to 128 differs' }
    t.same(await run(url, ['verify']).then(({ code, out }) => [code, JSON.parse(out)]), [1, sum])
    t.match(await run(url, ['mend']), { code: 0, err: /1 differences, 1 corrected/ })
    t.equal(await fresh(), right)
    t.match(await run(url, ['verify']), { code: 0, out: '' })

    const of = `evaluation = ${stored.id} AND sequence`
    await change(`UPDATE batches SET samples = 2 WHERE ${of} = 3`)
    await change(`UPDATE batches SET loss = 0 WHERE ${of} = 5`)
    await change(`UPDATE batches SET state = fingerprint WHERE ${of} = 9`)
    await change(`DELETE FROM batches WHERE ${of} = 140`)
    const { code, out } = await run(url, ['verify'])
    const differences = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).difference.replace(/: .*/, ''))
    t.equal(code, 1)
    t.same(differences, [
      'batch 3 ("b2") has a digest that does not match it and the batches before it',
      'batch 5 ("b4") has results that differ from its state',
      'batch 9 ("b8") cannot be read',
      'it has 140 batches; 139 were found',
    ])
    t.ok(await store.find('ann', 'long'))

    const { id } = (await found(evaluations, 'short')).stored
    await change(`UPDATE batches SET window_start = 0 WHERE evaluation = ${id} AND sequence = 2`)
    await change(`DELETE FROM batches WHERE evaluation = ${id} AND sequence = 1`)
    await change(`UPDATE evaluations SET declaration = '{' WHERE owner = 'ann' AND name = 'none'`)
    const again = (await run(url, ['verify'])).out.trim().split('\n')
    t.strictSame(
      again
        .map((line) => JSON.parse(line))
        .filter(({ evaluation }) => evaluation !== 'long')
        .map(({ owner, evaluation, difference }) => [owner, evaluation, difference.replace(/(read: ).*/, '$1')]),
      [
        ['ann', 'short', 'batch 1 is missing'],
        ['ann', 'short', 'batch 2 ("b1") has a digest that does not match it and the batches before it'],
        ['ann', 'short', 'batch 2 ("b1") is in a window that the evaluation does not have'],
        ['ann', 'short', 'it has 3 samples; its batches have 2'],
        ['ann', 'none', 'its declaration cannot be read: '],
      ],
    )
  })
}

test('a copy of an SQLite file that is written to has all that was acknowledged before', async (t) => {
  const folder = folderOf(t)
  const url = `sqlite:${join(folder, 'store')}`
  const store = await storeOf(t, url)
  const evaluation = await declareNew(store, 'ann', 'run')
  let acknowledged = 0
  let isOver = false
  const writing = (async () => {
    for (let at = 0; !isOver; at++) {
      await store.putBatches([batchOf(evaluation, `b${at}`)])
      acknowledged = at + 1
    }
  })()
  while (acknowledged < 20) await store.ping()
  const before = acknowledged
  const copy = join(folder, 'copy')
  t.same(await run(url, ['backup', copy]), { code: 0, out: '', err: `The backup was written to ${copy}.\n` })
  isOver = true
  await writing
  t.notOk(existsSync(`${copy}.part`))
  const copied = await storeOf(t, `sqlite:${copy}`)
  const there = await copied.find('ann', 'run')
  t.ok(there !== undefined && there.batches >= before)
  t.match(await run(url, ['backup', copy]), { code: 1, err: /already exists/ })
  t.match(await run(`sqlite:${join(folder, 'nothing')}`, ['backup', join(folder, 'x')]), {
    code: 1,
    err: /does not exist/,
  })
  t.match(await run('postgres://localhost/x', ['backup', join(folder, 'x')]), { code: 1, err: /pg_dump/ })
})

test('it brings the schema up to date, and says how it is used', async (t) => {
  const folder = folderOf(t)
  const path = join(folder, 'store')
  writeFileSync(path, readFileSync(join(import.meta.dirname, 'fixtures/released-store-2.sqlite')))
  const { code, err } = await run(`sqlite:${path}`, ['migrate'])
  t.equal(code, 0)
  t.match(
    err,
    /^updating the schema of the store \{"from":2,"to":3,"of":\d\}\nupdated [\s\S]*\nThe schema is up to date\.\n$/,
  )
  t.same(await run(`sqlite:${path}`, ['migrate']), { code: 0, out: '', err: 'The schema is up to date.\n' })
  const url = await server.createDatabase()
  t.match(await run(url, ['migrate']), {
    code: 0,
    err: /updating the schema of the store \{"from":0,"to":1,"of":\d\}[\s\S]*The schema is up to date\.\n$/,
  })
  for (const args of [[], ['unknown'], ['verify', 'x'], ['backup'], ['import', 'a', 'b']]) {
    t.match(await run(url, args), { code: 1, err: /^Usage: npm run store/ })
  }
  t.match(await run(url, ['export', '--typo']), { code: 1, err: /--typo/ })
  t.match(await run('mysql:x', ['verify']), { code: 1, err: /^DATABASE_URL must be/ })
})

test('a migration that is killed in the middle goes on where it was', async (t) => {
  const { url, run: query } = await places.PostgreSQL(t, 3)
  // the version from 5 to 6 needs the table
  await query('BEGIN; LOCK TABLE batches IN ACCESS SHARE MODE')
  const command = join(import.meta.dirname, '../src/store-command.ts')
  const migrating = spawn(process.execPath, [command, 'migrate'], { env: { DATABASE_URL: url } })
  const ended = once(migrating, 'exit')
  for await (const line of createInterface(migrating.stderr)) if (line.startsWith('waiting for')) break
  migrating.kill('SIGKILL')
  await ended
  t.same(await server.query('SELECT version FROM lossmeter_schema', new URL(url).pathname.slice(1)), [{ version: '5' }])
  await query('COMMIT')
  const { code, err } = await run(url, ['migrate'])
  t.equal(code, 0)
  t.match(err, /^updating the schema of the store \{"from":5,[\s\S]*The schema is up to date\.\n$/)
  t.match(await run(url, ['verify']), { code: 0, out: '' })
})

test('the URL of the database may be in a file, as that of the service', async (t) => {
  const folder = folderOf(t)
  const file = join(folder, 'url')
  writeFileSync(file, `sqlite:${join(folder, 'store')}\n`)
  const command = join(import.meta.dirname, '../src/store-command.ts')
  const runWith = (variables: Record<string, string>) =>
    spawnSync(process.execPath, [command, 'migrate'], { cwd: folder, env: variables, encoding: 'utf8' })
  t.match(runWith({ DATABASE_URL_FILE: file }), { status: 0, stderr: /up to date/ })
  t.ok(existsSync(join(folder, 'store')))
  t.notOk(existsSync(join(folder, 'data')))
  t.match(runWith({ DATABASE_URL_FILE: file, DATABASE_URL: 'memory:' }), { status: 1, stderr: /set only one of them/ })
})

test('the halves of a joined evaluation move with it, and join where they are', async (t) => {
  const first = `sqlite:${join(folderOf(t), 'store')}`
  const app = await appOf({ after: (release) => t.teardown(release) }, { DATABASE_URL: first })
  const url = '/v1/evaluations/joined'
  const headers = { 'content-type': 'application/json' }
  const declared = { loss: 'mse', labelFormat: 'values', outputs: 1, join: { within: 'P30D' } }
  await ask(app, { method: 'PUT', url, headers, payload: JSON.stringify(declared) })
  // more than are read at once
  const others = Array.from({ length: 600 }, (_, at) => 1000 + at)
  await post(app, `${url}/predictions`, { ids: ['a', 'b', 3, ...others], predictions: [0.1, 0.2, 0.3, ...others] })
  await post(app, `${url}/labels`, { ids: ['a', 'c'], labels: [1, 2] })
  const exported = await run(first, ['export'])
  t.equal(exported.code, 0, exported.err)
  t.match(await run(first, ['verify']), { code: 0, out: '' })
  for (const second of [await server.createDatabase(), `sqlite:${join(folderOf(t), 'other')}`]) {
    t.match(await run(second, ['import'], exported.out), { code: 0, err: /1 evaluations were imported/ })
    t.equal((await run(second, ['export'])).out, exported.out)
    t.match(await run(second, ['verify']), { code: 0, out: '' })
    const moved = await appOf({ after: (release) => t.teardown(release) }, { DATABASE_URL: second })
    const labels = { ids: ['a', 'b', 3], labels: [1, 0, 0.5] }
    t.match((await post(moved, `${url}/labels`, labels)).body, { replayed: 1, accepted: 2, joined: 2 })
    const wanted = { loss: 'mse', labelFormat: 'values', predictions: [0.1, 0.2, 0.3], labels: labels.labels }
    t.match((await ask(moved, { url })).body, (await post(moved, '/v1/loss', wanted)).body as object)
  }
  const database = new DatabaseSync(first.slice('sqlite:'.length), { timeout: 5000 })
  t.teardown(() => database.close())
  database.exec('UPDATE evaluations SET waiting_predictions = 7')
  t.match(await run(first, ['verify']), {
    code: 1,
    out: /"it has 7 predictions and 1 labels that wait; 602 and 1 are there"/,
  })
  const lines = exported.out.split('\n').filter((line) => !line.includes('"sc"'))
  const third = `sqlite:${join(folderOf(t), 'store')}`
  t.match(await run(third, ['import'], lines.join('\n')), { code: 1, err: /has other rows than its counts state/ })
})

const weighted = { loss: 'cross-entropy', labelFormat: 'index', outputs: 3 }
/** Evaluations of every kind, by what is stored of them besides batches. */
const kinds: Readonly<Record<string, object>> = {
  windows: { ...weighted, window: 'day', include: ['perClass', 'confusion', 'calibration'], metrics: true },
  groups: { ...weighted, groupBy: ['country', ['country', 'phone']], metadata: { region: 'KR' } },
  thresholds: { ...weighted, thresholds: 9, classes: ['a', 'b', 'c'], badge: 'public' },
  joined: { ...weighted, join: { within: 'P30D' }, window: 'hour', groupBy: ['country'] },
}
const days = ['2026-11-29T08:00:00Z', '2026-11-30T09:00:00Z', '2026-11-30T10:30:00Z']

/** Rows whose sums have no short decimals. */
function rowsOf(
  name: string,
  batch: number,
): { ids: string[]; predictions: unknown; labels: unknown; groups?: object } {
  const { predictions, labels } = classRows(20 + batch)
  const countries = Array.from({ length: 20 + batch }, (_, at) => ['KR', 'DE', null][at % 3])
  const phones = countries.map((_, at) => at % 2 === 0)
  return {
    ids: countries.map((_, at) => `${batch}-${at}`),
    predictions,
    labels,
    ...(name === 'groups' && { groups: { country: countries, phone: phones } }),
    ...(name === 'joined' && { groups: { country: countries } }),
  }
}

/** What is read of them, as the texts of the answers: all digits of every number. */
async function answersOf(app: FastifyInstance): Promise<string[]> {
  const texts: string[] = []
  for (const name of Object.keys(kinds)) {
    const of = [name, `${name}/batches`, `${name}/curve`]
    if (name === 'windows' || name === 'joined') of.push(`${name}/windows`, `${name}?from=2026-11-30T00:00:00Z`)
    if (name === 'joined') of.push(`${name}/waiting?half=predictions`, `${name}/waiting?half=labels`)
    for (const path of of) {
      const { status, body } = await ask(app, { url: `/v1/evaluations/${path}` })
      texts.push(`${path} ${status} ${JSON.stringify(body)}`)
    }
  }
  return texts
}

test('evaluations of every kind answer the same to the last bit in the other kind of store, and back in the first', async (t) => {
  const scope = { after: (release: () => Promise<void>) => t.teardown(release) }
  const first = `sqlite:${join(folderOf(t), 'store')}`
  const app = await appOf(scope, { DATABASE_URL: first })
  const headers = { 'content-type': 'application/json' }
  const put = async (path: string, content: object) => {
    const url = `/v1/evaluations/${path}`
    const { status, text } = await ask(app, { method: 'PUT', url, headers, payload: JSON.stringify(content) })
    t.equal(status, 201, text)
  }
  for (const [name, declared] of Object.entries(kinds)) {
    await put(name, declared)
    for (const [batch, at] of days.entries()) {
      const { ids, predictions, labels, groups } = rowsOf(name, batch)
      const of = { groups, ...(name === 'windows' && { at }) }
      if (name !== 'joined') {
        await put(`${name}/batches/b${batch}`, { predictions, labels, ...of })
        continue
      }
      const times = ids.map(() => at)
      await post(app, `/v1/evaluations/joined/predictions`, { ids, predictions, groups, at: times })
      const late = { ids: [...ids.slice(0, -2), `late-${batch}`], labels: (labels as number[]).slice(0, -1) }
      t.match((await post(app, `/v1/evaluations/joined/labels`, late)).body, { joined: ids.length - 2 })
    }
  }
  const wanted = await answersOf(app)
  t.same(new Set(wanted.map((text) => text.split(' ')[1])), new Set(['200']))
  t.equal(wanted.length, 4 * 3 + 2 * 2 + 2)
  let from = first
  for (const to of [await server.createDatabase(), `sqlite:${join(folderOf(t), 'store')}`]) {
    const { code, out, err } = await run(from, ['export'])
    t.equal(code, 0, err)
    t.match(await run(to, ['import'], out), { code: 0, err: /4 evaluations were imported/ })
    t.equal((await run(to, ['export'])).out, out)
    t.match(await run(to, ['verify']), { code: 0, out: '' })
    const moved = await appOf(scope, { DATABASE_URL: to })
    t.strictSame(await answersOf(moved), wanted)
    from = to
  }
})
