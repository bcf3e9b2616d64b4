import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { compileCache } from '../src/runtime/relaunch.ts'
import { portOf, start } from './service.ts'

test('however it is started, it runs with its flags and variables, in the process that was started', async (t) => {
  const service = start(t, { DATABASE_URL: 'memory:' })
  const port = await portOf(service)
  const read = (file: string) => readFileSync(`/proc/${service.child.pid}/${file}`, 'utf8').split('\0')
  t.match(read('cmdline').slice(1, 3), ['--max-semi-space-size=8', '--max-old-space-size=2048'])
  t.ok(read('environ').includes('MALLOC_MMAP_THRESHOLD_=131072'))
  const cache = process.env.NODE_COMPILE_CACHE ?? compileCache
  t.ok(read('environ').includes(`NODE_COMPILE_CACHE=${cache}`))
  t.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200)
  service.child.kill('SIGTERM')
  t.same(await service.ended, [0, null])
  t.equal(service.output.errors, '')
})
