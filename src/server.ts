import { relaunch } from './runtime/relaunch.ts'

relaunch(process)
await import('./main.ts')
