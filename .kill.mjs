import { spawn } from 'node:child_process'
import { request, Agent } from 'node:http'
const child = spawn(process.execPath, ['src/server.ts'], { env: { ...process.env, PORT: '3977', WORKERS: '2', DATABASE_URL: 'sqlite:/tmp/kill-shared.sqlite', SHUTDOWN_DELAY_MS: '0' }, stdio: ['ignore', 'pipe', 'inherit'] })
let out = ''
child.stdout.on('data', c => { out += c })
const wait = async f => { const e = Date.now() + 60000; while (!f()) { if (Date.now() > e) throw new Error('late'); await new Promise(r => setTimeout(r, 20)) } }
await wait(() => out.includes('all workers listen'))
const body = JSON.stringify({ loss: 'mae', labelFormat: 'values', predictions: [2, 5], labels: [1, 2] })
const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
const ask = (agent, method = 'POST', path = '/v1/loss') => new Promise(resolve => {
  const r = request({ agent, host: '127.0.0.1', port: 3977, method, path, headers: { 'content-type': 'application/json' } }, a => { let t = ''; a.on('data', c => { t += c }); a.on('end', () => resolve([a.statusCode, t.slice(0, 200)])) })
  r.setTimeout(3000, () => r.destroy(new Error('timeout')))
  r.on('error', e => resolve([e.code ?? e.message, '']))
  r.end(method === 'POST' ? body : undefined)
})
const round = async () => { const all = await Promise.all(agents.map(a => ask(a))); console.log(JSON.stringify(all.map(([s]) => s)), all.find(([s]) => s !== 200)?.[1]) }
await round(); await round()
const extra = new Agent({ keepAlive: true })
if (!process.argv[2]) console.log((await ask(extra, 'GET', '/metrics'))[0])
const pids = [...out.matchAll(/"pid":(\d+).*Server listening/g)].map(m => m[1])
console.log('kill', pids[0], process.argv[2] ?? '')
process.kill(Number(pids[0]), 'SIGKILL')
for (let i = 0; i < 12; i++) { await round(); await new Promise(r => setTimeout(r, 700)) }
console.log(out.split('\n').filter(l => /listening|ended|closing|error/.test(l)).join('\n'))
child.kill('SIGTERM')
setTimeout(() => { child.kill('SIGKILL'); process.exit() }, 3000)
