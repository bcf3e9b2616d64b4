// profile of refused requests: node .prof.mjs 401|429|200
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync, readdirSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { Connection } from './test/bench/client.ts'
import { asJson, makeRows } from './test/bench/bodies.ts'
import { withHeader } from './test/bench/flood.ts'
const kind = process.argv[2]
const dir = mkdtempSync('/tmp/prof-shared-')
const h = t => createHash('sha256').update(t).digest('hex')
writeFileSync(`${dir}/keys.json`, JSON.stringify([{ name: 'a', sha256: h('lm_a'), scopes: ['evaluate'] }, { name: 'b', sha256: h('lm_b'), scopes: ['evaluate'], requestsPerMinute: 1 }]))
const port = 3981
const child = spawn(process.execPath, ['--cpu-prof', `--cpu-prof-dir=${dir}`, '--cpu-prof-interval=200', '--max-semi-space-size=8', 'src/server.ts'], { env: { ...process.env, PORT: String(port), DATABASE_URL: 'memory:', API_KEYS_FILE: `${dir}/keys.json`, SHUTDOWN_DELAY_MS: '0' }, stdio: ['ignore', 'ignore', 'inherit'] })
const { setTimeout: sleep } = await import('node:timers/promises')
for (;;) { try { const c = await Connection.open(port); c.close(); break } catch { await sleep(50) } }
const key = { 401: 'lm_x', 429: 'lm_b', 200: 'lm_a' }[kind]
const request = withHeader(asJson('x', makeRows(1), 'index'), `Authorization: Bearer ${key}`)
const cpu = () => readdirSync(`/proc/${child.pid}/task`).reduce((s, t) => s + Number(readFileSync(`/proc/${child.pid}/task/${t}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e3
const connections = await Promise.all(Array.from({ length: 16 }, () => Connection.open(port)))
let n = 0
const run = async ms => { const end = performance.now() + ms; await Promise.all(connections.map(async c => { while (performance.now() < end) { await c.send(request); n++ } })) }
await run(2000)
n = 0
const before = cpu(); const t0 = performance.now()
await run(3000)
console.log(kind, Math.round(n / (performance.now() - t0) * 1000), '/s', ((cpu() - before) / n).toFixed(1), 'µs')
for (const c of connections) c.close()
child.kill('SIGTERM')
await new Promise(r => child.on('exit', r))
const p = JSON.parse(readFileSync(`${dir}/${readdirSync(dir).find(f => f.endsWith('cpuprofile'))}`, 'utf8'))
const self = new Map(); const total = p.samples.length
const byId = new Map(p.nodes.map(x => [x.id, x]))
for (const s of p.samples) { const { functionName: f, url, lineNumber } = byId.get(s).callFrame; const k = `${f} ${url.replace(/.*\/(node_modules|shared)\//, '')}:${lineNumber}`; self.set(k, (self.get(k) ?? 0) + 1) }
for (const [k, v] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 40)) console.log((100 * v / total).toFixed(1), k)
