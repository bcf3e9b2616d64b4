import { importTests } from './import-tests.ts'

await importTests(['loss/**/*.test.ts'])
