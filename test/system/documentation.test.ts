import { importRoom } from '../rooms/rooms.ts'

await importRoom('examples')
