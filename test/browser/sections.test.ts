import { importTests } from '../rooms/import-tests.ts'

await importTests(['pages/sections/*.test.ts'])
