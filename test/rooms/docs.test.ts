import { importRoom } from './rooms.ts'

await importRoom('docs')
