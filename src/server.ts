import { enableCompileCache } from 'node:module'
import { compileCache, relaunch } from './runtime/relaunch.ts'

relaunch(process)
// for a process that goes on as it is; where the folder cannot be written to, code is compiled at each start
enableCompileCache(compileCache)
await import('./main.ts')
