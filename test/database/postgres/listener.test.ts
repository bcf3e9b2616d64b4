import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { t as root, test } from 'tap'
import { ChangeListener } from '../../../src/database/postgres/listener.ts'
import { channel } from '../../../src/database/postgres/migrate.ts'
import { eventually } from '../../eventually.ts'
import { PostgresServer } from './server.ts'

const server = await PostgresServer.start(root)
const times = {
  retryMilliseconds: 20,
  checkMilliseconds: 60_000,
  answerMilliseconds: 2000,
  gatherMilliseconds: 50,
  restMilliseconds: 100,
}

/** What a listener heard: ids, or "all". */
class Heard {
  readonly list: string[] = []
  readonly note = (evaluation?: number) => this.list.push(evaluation === undefined ? 'all' : String(evaluation))

  /** Whether so many calls came within some seconds. */
  has(count: number): Promise<boolean> {
    return eventually(() => this.list.length >= count)
  }
}

function announce(id: number): Promise<unknown> {
  return server.query(`NOTIFY ${channel}, '${id}'`)
}

test('it hears of each change, and that it may have missed some when it begins', async (t) => {
  const heard = new Heard()
  const listener = new ChangeListener(server.url('postgres'), heard.note, undefined, times)
  t.ok(await heard.has(1))
  await announce(7)
  await announce(8)
  await heard.has(3)
  await listener.close()
  await announce(9)
  t.same(heard.list, ['all', '7', '8'])
})

test('it survives a lost connection, and a database that is away', async (t) => {
  const heard = new Heard()
  const listener = new ChangeListener(server.url('postgres'), heard.note, undefined, times)
  t.teardown(() => listener.close())
  await heard.has(1)
  await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '% listener'`)
  t.ok(await heard.has(2), 'it connects again')
  await server.cut()
  await server.startAgain()
  t.ok(await heard.has(3), 'and again')
  await announce(7)
  t.ok(await heard.has(4))
  t.same(heard.list, ['all', 'all', 'all', '7'])
})

test('what one replica announces, the others hear of, together with what came at the same time', async (t) => {
  const [ours, theirs] = [new Heard(), new Heard()]
  const [here, there] = [ours, theirs].map(
    (heard) => new ChangeListener(server.url('postgres'), heard.note, undefined, times),
  )
  t.ok((await ours.has(1)) && (await theirs.has(1)))
  const announced = t.capture(pg.Client.prototype, 'query', pg.Client.prototype.query)
  for (const evaluation of [5, 6, 5, 5]) here.announce(evaluation)
  t.ok(await theirs.has(3))
  there.announce(9)
  t.ok(await ours.has(2))
  t.same(
    [ours.list, theirs.list],
    [
      ['all', '9'],
      ['all', '5', '6'],
    ],
    'each once, and no own one',
  )
  t.equal(announced().filter(({ args: [text] }) => String(text).includes('pg_notify')).length, 2)
  for (let evaluation = 0; evaluation < 5000; evaluation++) here.announce(evaluation)
  t.ok(await theirs.has(4))
  t.same(theirs.list.slice(3), ['all'], 'many are announced as one')
  here.announce(1)
  await here.close()
  t.ok(await theirs.has(5), 'the last ones before the end')
  await there.close()
})

test('an outage is told once, and what changed in it is announced after it', async (t) => {
  const told: string[] = []
  const watch = { failed: () => told.push('failed'), recovered: () => told.push('recovered') }
  const heard = new Heard()
  const listener = new ChangeListener(server.url('postgres'), heard.note, watch, times)
  t.teardown(() => listener.close())
  await heard.has(1)
  await server.cut()
  t.ok(await eventually(() => told.length > 0))
  const announced = t.capture(pg.Client.prototype, 'query', pg.Client.prototype.query)
  listener.announce(3)
  await sleep(5 * times.retryMilliseconds)
  await server.startAgain()
  t.ok(await heard.has(2))
  t.same(told, ['failed', 'recovered'])
  t.same(
    announced()
      .filter(({ args: [text] }) => String(text).includes('pg_notify'))
      .map(({ args }) => JSON.stringify(args[1])),
    ['["lossmeter_evaluations",["3"]]'],
  )
})

test('while the database is slow, one announcement is on its way, and the next one has all changes since', async (t) => {
  const [ours, theirs] = [new Heard(), new Heard()]
  const [here, there] = [ours, theirs].map(
    (heard) =>
      new ChangeListener(server.url('postgres'), heard.note, undefined, { ...times, answerMilliseconds: 60_000 }),
  )
  t.ok((await ours.has(1)) && (await theirs.has(1)))
  const asked = t.capture(pg.Client.prototype, 'query', pg.Client.prototype.query)
  let announcements = 0
  const count = () => {
    announcements += asked().filter(({ args: [text] }) => String(text).includes('pg_notify')).length
    return announcements
  }
  server.signal('SIGSTOP')
  try {
    here.announce(1)
    t.ok(await eventually(() => count() === 1))
    for (const evaluation of [2, 3]) {
      here.announce(evaluation)
      await sleep(2 * times.restMilliseconds)
    }
    t.equal(count(), 1, 'pg queues no queries of its own')
  } finally {
    server.signal('SIGCONT')
  }
  t.ok(await theirs.has(4))
  t.same(theirs.list, ['all', '1', '2', '3'])
  t.equal(count(), 2)
  await Promise.all([here.close(), there.close()])
})

test('it notices a connection that has gone silent', async (t) => {
  // accepts and never says a word
  let connections = 0
  const silent = createServer(() => connections++).listen(0, '127.0.0.1')
  t.teardown(() => silent.close())
  await once(silent, 'listening')
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : 0
  const heard = new Heard()
  const listener = new ChangeListener(`postgres://u@127.0.0.1:${port}/db`, heard.note, undefined, {
    ...times,
    retryMilliseconds: 5,
    answerMilliseconds: 30,
  })
  t.ok(await eventually(() => connections >= 3))
  await listener.close()
  t.same(heard.list, [])
})

test('while changes go on, they are announced a few times a second', async (t) => {
  const heard = new Heard()
  const [here, there] = [() => undefined, heard.note].map(
    (listener) => new ChangeListener(server.url('postgres'), listener, undefined, { ...times, restMilliseconds: 400 }),
  )
  t.ok(await heard.has(1))
  const begin = performance.now()
  const changing = setInterval(() => here.announce(4), 5)
  t.teardown(() => clearInterval(changing))
  t.ok(await heard.has(2))
  t.ok(await heard.has(5))
  t.ok(performance.now() - begin > 3 * 400, 'with a rest between them')
  clearInterval(changing)
  await Promise.all([here.close(), there.close()])
})

test('a connection in use is checked each second, and an announcement that was lost is made good', async (t) => {
  const heard = new Heard()
  const listener = new ChangeListener(server.url('postgres'), heard.note)
  await heard.has(1)
  const begin = performance.now()
  const isChecked = async () => {
    const text = `SELECT query FROM pg_stat_activity WHERE application_name LIKE '% listener'`
    return (await server.query(text)).some(({ query }) => query === 'SELECT 1')
  }
  for (let tries = 0; tries < 300 && !(await isChecked()); tries++) await sleep(10)
  t.ok(await isChecked())
  t.ok(await heard.has(2), 'its listener looks again')
  t.ok(performance.now() - begin < 2500)
  t.same(new Set(heard.list), new Set(['all']))
  await listener.close()
})
