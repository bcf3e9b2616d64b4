import { importTests } from './import-tests.ts'

await importTests(['formats/**/*.test.ts'])
