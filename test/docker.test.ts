import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'tap'
import { parse } from 'yaml'
import packageJson from '../package.json' with { type: 'json' }
import { environment } from '../src/config.ts'
import { final, listIn, said, stages } from './dockerfile.ts'

const root = join(import.meta.dirname, '..')

const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true })

test('every stage starts from one image of a fixed version', async (t) => {
  const images = stages.map(([{ rest }]) => rest.split(' ')[0])
  t.same(new Set(images).size, 1)
  t.match(images[0], /^node:\d+\.\d+\.\d+-\w+-slim$/)
  t.match(packageJson.devDependencies.node, `^${images[0].split(/[:-]/)[1]}`, 'the version that the tests run on')
})

test('it runs as a user without rights, and serves on every address', async (t) => {
  t.equal(said('USER'), 'node')
  t.match(said('ENV'), /\bHOST=0\.0\.0\.0\b/)
  t.match(said('ENV'), /\bNODE_ENV=production\b/)
  const [program, ...args] = listIn(said('CMD'))
  t.equal(program, 'node')
  t.equal(args.at(-1), 'src/server.ts')
})

test('npm start does what the image does', async (t) => {
  t.equal(packageJson.scripts.start, listIn(said('CMD')).join(' '))
})

test('one folder is its own: the one in which evaluations are kept', async (t) => {
  const folder = environment.shape.DATABASE_URL.parse(undefined).match(/^sqlite:(\w+)\//)?.[1]
  const made = final.findIndex(({ name, rest }) => name === 'RUN' && rest === `install -d -o node -g node ${folder}`)
  const moved = final.findIndex(({ name }) => name === 'WORKDIR')
  t.ok(moved >= 0 && moved < made && made < final.findIndex(({ name }) => name === 'USER'))
  t.same(compose.services.lossmeter.volumes, [`data:${final[moved].rest}/${folder}`])
  t.ok('data' in compose.volumes)
})

test('the compose file fits the Compose schema, and a linter finds nothing to say', async (t) => {
  const dclint = join(root, 'node_modules/dclint/bin/dclint.cjs')
  const args = [dclint, '--max-warnings', '0', 'docker-compose.yml']
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
  t.equal(stdout.trim(), '')
})

const { balancer, lossmeter, postgres, replica, ...others } = compose.services

test('without a profile there is one service, with no more rights and resources than it needs', async (t) => {
  t.same(others, {})
  t.notOk('profiles' in lossmeter)
  for (const service of [balancer, postgres, replica]) t.same(service.profiles, ['replicas'])
  for (const service of [lossmeter, replica]) {
    t.match(service, {
      build: '.',
      read_only: true,
      tmpfs: [/^\/tmp:size=\d+m,noexec,nosuid,nodev$/],
      init: true,
      stop_grace_period: /^\d+s$/,
    })
    t.notOk('user' in service)
    const { SHUTDOWN_DELAY_MS: delay, SHUTDOWN_TIMEOUT_MS: timeout } = environment.parse(service.environment)
    t.ok(1000 * Number.parseInt(service.stop_grace_period, 10) > delay + timeout)
  }
  for (const service of Object.values<Record<string, unknown>>(compose.services)) {
    t.match(service, {
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: /^\d+[mg]$/,
      cpus: Number,
      pids_limit: Number,
    })
    for (const field of ['privileged', 'cap_add', 'network_mode', 'pid', 'ipc', 'devices']) t.notOk(field in service)
  }
})

test('nothing is reached from outside but the service, or the balancer in front of its replicas', async (t) => {
  t.match(lossmeter.ports, [/^127\.0\.0\.1:\d+:3000$/])
  t.match(balancer.ports, [/^127\.0\.0\.1:\d+:3000$/])
  t.not(balancer.ports[0], lossmeter.ports[0], 'both may run')
  t.notOk('ports' in replica || 'ports' in postgres)
})

test('the variables are those of the service', async (t) => {
  for (const { environment: variables } of [lossmeter, replica]) {
    for (const name of Object.keys(variables)) t.ok(name in environment.shape || name === 'PGPASSWORD', name)
    t.ok(environment.safeParse(variables).success)
  }
})

test('the replicas find their database, which needs the password that they are given', async (t) => {
  const { hostname, port, username, password, pathname } = new URL(replica.environment.DATABASE_URL)
  t.same([hostname, port, password], ['postgres', '5432', ''])
  t.match(postgres.environment, { POSTGRES_DB: pathname.slice(1), POSTGRES_USER: username })
  t.equal(replica.environment.PGPASSWORD, postgres.environment.POSTGRES_PASSWORD)
  // without a default: an empty one, at which the image says what to do
  t.match(replica.environment.PGPASSWORD, /^\$\{POSTGRES_PASSWORD:-\}$/)
  // of the image's data folder, which PostgreSQL 18 has moved
  t.same(postgres.volumes, ['postgres:/var/lib/postgresql'])
  t.match(postgres.image, /^postgres:18\./)
  t.ok('postgres' in compose.volumes)
})

const { content } = compose.configs.balancer
const missing = spawnSync('haproxy', ['-v']).error !== undefined && 'haproxy is not installed'

test('the balancer takes its configuration', { skip: missing }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lossmeter-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'haproxy.cfg'), content)
  const { status, stderr } = spawnSync('haproxy', ['-c', '-q', '-f', join(folder, 'haproxy.cfg')], { encoding: 'utf8' })
  t.same([status, stderr], [0, ''])
})

test('the balancer spreads requests over all replicas, and gives each the time that the service gives it', async (t) => {
  t.same(balancer.configs, [{ source: 'balancer', target: '/usr/local/etc/haproxy/haproxy.cfg' }])
  t.match(content, `server-template replica ${replica.scale} replica:3000\n`)
  t.match(content, 'http-check send meth GET uri /readyz')
  t.match(content, 'http-check expect status 200')
  const { REQUEST_TIMEOUT_MS, HEADERS_TIMEOUT_MS, MAX_CONNECTIONS, ...variables } = environment.parse(
    replica.environment,
  )
  for (const side of ['client', 'server']) t.ok(secondsOf(`timeout ${side}`) * 1000 > REQUEST_TIMEOUT_MS, side)
  t.equal(secondsOf('timeout http-request') * 1000, HEADERS_TIMEOUT_MS)
  t.equal(variables.MAX_CONNECTIONS_PER_ADDRESS, MAX_CONNECTIONS)
  const [, every, times] = content.match(/check inter (\d+)s fall (\d+)/)
  t.ok(
    variables.SHUTDOWN_DELAY_MS > 1000 * Number(every) * (Number(times) + 1),
    'it is turned away from before it ends',
  )
})

function secondsOf(setting: string): number {
  return Number(content.match(new RegExp(`${setting} (\\d+)s\n`))?.[1])
}
