import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { relaunch } from './runtime/relaunch.ts'

relaunch(process)
// where the folder cannot be written to, code is compiled at each start
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/node', import.meta.url)))
await import('./main.ts')
